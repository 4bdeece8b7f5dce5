// Between the settings of sluice.toml and the fields of the SOCKS form. Pure.

export interface SettingsAnswer { socks: Record<string, unknown>; timeouts: Record<string, unknown>; limits?: Record<string, unknown>; auth?: Record<string, unknown>; defaults?: unknown }

export const DURATIONS = { connect: 1, bind: 1, udp_idle: 1, handshake: 1, authentication: 1, idle: 1, half_closed: 1, ident: 1, stalled: 1 } as const;

export interface Settings {
  enabled: boolean;
  ipv4: string;       // "any", addresses with commas, or nothing
  ipv6: string;
  port: string;
  socks4: boolean;
  backlog: string;
  endRefused: boolean;
  times: Partial<Record<keyof typeof DURATIONS, string>>;
}

const UNITS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };

// "90s", "1h30m", 90 → seconds.
export function secondsOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return "";
  let seconds = 0;
  for (const [, number, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) seconds += Number(number) * UNITS[unit];
  return String(Math.round(seconds));
}

const addressOf = (entry: unknown) => (typeof entry === "string" ? entry : String((entry as { address?: string })?.address ?? ""));

export function familiesOf(listen: unknown): { ipv4: string; ipv6: string } {
  const entries = (Array.isArray(listen) ? listen : listen === undefined ? [] : [listen]).map(addressOf);
  if (entries.includes("any")) return { ipv4: "any", ipv6: "any" };
  const of = (six: boolean) => entries.filter((entry) => entry.includes(":") === six).map((entry) => (entry === "0.0.0.0" || entry === "::" ? "any" : entry)).join(", ");
  return { ipv4: of(false), ipv6: of(true) };
}

export function listenOf(ipv4: string, ipv6: string): string[] {
  if (ipv4 === "any" && ipv6 === "any") return ["any"];
  const list = (text: string, all: string) => text.split(/[\s,]+/).filter(Boolean).map((entry) => (entry === "any" ? all : entry));
  return [...list(ipv4, "0.0.0.0"), ...list(ipv6, "::")];
}

export function settingsOf(answer: SettingsAnswer): Settings {
  const { socks, timeouts } = answer;
  const times: Settings["times"] = {};
  for (const key of Object.keys(DURATIONS) as (keyof typeof DURATIONS)[]) if (timeouts[key] !== undefined) times[key] = secondsOf(timeouts[key]);
  return {
    enabled: socks.enabled !== false, ...familiesOf(socks.listen), port: String(socks.port ?? 1080), socks4: socks.socks4 === true, backlog: String(socks.backlog ?? 256), endRefused: socks.end_refused === true, times,
  };
}

// Only what is another than before, as the PATCH takes it.
export function changesOf(before: Settings, after: Settings): { socks?: Record<string, unknown>; timeouts?: Record<string, string> } {
  const socks: Record<string, unknown> = {};
  if (before.enabled !== after.enabled) socks.enabled = after.enabled;
  if (before.ipv4 !== after.ipv4 || before.ipv6 !== after.ipv6) socks.listen = listenOf(after.ipv4, after.ipv6);
  if (before.port !== after.port) socks.port = Number(after.port);
  if (before.socks4 !== after.socks4) socks.socks4 = after.socks4;
  if (before.backlog !== after.backlog) socks.backlog = Number(after.backlog);
  if (before.endRefused !== after.endRefused) socks.end_refused = after.endRefused;
  const timeouts: Record<string, string> = {};
  for (const [key, value] of Object.entries(after.times)) if (before.times[key as keyof typeof DURATIONS] !== value) timeouts[key] = `${value}s`;
  return { ...(Object.keys(socks).length ? { socks } : {}), ...(Object.keys(timeouts).length ? { timeouts } : {}) };
}
