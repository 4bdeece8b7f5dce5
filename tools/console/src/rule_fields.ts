// Between a rule as sluice.toml has it and the fields of its form. Pure.
import type { RuleEntry } from "./shapes";

export interface Range { from: string; to: string; more: string[] }

export interface RuleFields {
  name: string;
  comment: string;
  enabled: boolean;
  verdict: "allow" | "deny";
  expires: string;                 // as sluice.toml has it; empty: never
  source: Range;
  sourcePorts: Range;
  destinationBy: "ip" | "url";
  destination: Range;
  url: string;
  destinationPorts: Range;
  commands: string[];
  users: string[];
  groups: string[];
  authenticated: boolean;
  egressAddresses: string[];
  egressInterface: string;
  ident: boolean;
  bindAnyPeer: boolean;
  udpAnyPeer: boolean;
}

export const COMMANDS = ["connect", "bind", "udp_associate"];
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)$/i;
const PORT = /^\d+$/;

// The first entry that is a plain range stands in "from" and "to"; all others are kept beside it.
function rangeOf(entries: string[], part: RegExp, all: string): Range {
  const range: Range = { from: "", to: "", more: [] };
  for (const entry of entries) {
    const pieces = entry.split("-").map((piece) => piece.trim());
    const plain = pieces.length <= 2 && pieces.every((piece) => part.test(piece));
    if (entry === all) continue;
    if (plain && !range.from) {
      range.from = pieces[0];
      range.to = pieces[1] ?? pieces[0];
    } else {
      range.more.push(entry);
    }
  }
  return range;
}

function entriesOf({ from, to, more }: Range, all: string): string[] {
  const first = from.trim(), last = to.trim();
  const own = first ? [!last || first === last ? first : `${first}-${last}`] : [];
  const entries = [...own, ...more];
  return entries.length ? entries : [all];
}

const isHost = (entry: string) => !/^(any|special-use)$|^[@]|^file:|[/]/.test(entry) && !entry.split("-").every((piece) => ADDRESS.test(piece.trim()));

export const EMPTY: RuleFields = {
  name: "", comment: "", enabled: true, verdict: "deny", expires: "", source: { from: "", to: "", more: [] }, sourcePorts: { from: "1", to: "65535", more: [] }, destinationBy: "ip",
  destination: { from: "", to: "", more: [] }, url: "", destinationPorts: { from: "1", to: "65535", more: [] }, commands: [...COMMANDS], users: [], groups: [], authenticated: false,
  egressAddresses: [], egressInterface: "", ident: false, bindAnyPeer: false, udpAnyPeer: false,
};

export function fieldsOf(rule: RuleEntry): RuleFields {
  const destination = rule.destination ?? ["any"];
  const byUrl = destination.some(isHost);
  const egress = (rule.egress ?? {}) as { address?: string | string[]; addresses?: string[]; interface?: string };
  const addresses = egress.address ?? egress.addresses ?? [];
  const ports = (list: string[] | undefined) => {
    const range = rangeOf((list ?? ["1-65535"]).map(String), PORT, "");
    return range.from || range.more.length ? range : { ...range, from: "1", to: "65535" };
  };
  return {
    name: rule.name, comment: rule.comment ?? "", enabled: rule.enabled ?? true, verdict: rule.verdict === "allow" ? "allow" : "deny", expires: rule.expires ?? "",
    source: rangeOf(rule.source ?? ["any"], ADDRESS, "any"), sourcePorts: ports(rule.source_ports), destinationBy: byUrl ? "url" : "ip",
    destination: byUrl ? EMPTY.destination : rangeOf(destination, ADDRESS, "any"), url: byUrl ? destination.join(", ") : "", destinationPorts: ports(rule.destination_ports),
    commands: rule.commands ?? [...COMMANDS], users: rule.users ?? [], groups: rule.groups ?? [], authenticated: rule.authenticated ?? false,
    egressAddresses: Array.isArray(addresses) ? addresses : addresses ? [addresses] : [], egressInterface: egress.interface ?? "",
    ident: rule.ident ?? false, bindAnyPeer: rule.bind_any_peer ?? false, udpAnyPeer: rule.udp_any_peer ?? false,
  };
}

export const listOf = (text: string) => text.split(/[\s,]+/).filter(Boolean);

// Only what differs from what a rule without the key does, so that the file stays as short as a person would write it.
export function entryOf(fields: RuleFields): RuleEntry {
  const entry: RuleEntry = { name: fields.name.trim() };
  if (fields.comment) entry.comment = fields.comment;
  if (!fields.enabled) entry.enabled = false;
  if (fields.expires) entry.expires = fields.expires;
  const put = (key: "source" | "source_ports" | "destination" | "destination_ports" | "commands", list: string[], usual: string[]) => {
    if (list.join() !== usual.join()) entry[key] = list;
  };
  put("source", entriesOf(fields.source, "any"), ["any"]);
  put("source_ports", entriesOf(fields.sourcePorts, "1-65535"), ["1-65535"]);
  put("destination", fields.destinationBy === "url" ? listOf(fields.url) : entriesOf(fields.destination, "any"), ["any"]);
  put("destination_ports", entriesOf(fields.destinationPorts, "1-65535"), ["1-65535"]);
  put("commands", COMMANDS.filter((command) => fields.commands.includes(command)), COMMANDS);
  if (fields.users.length) entry.users = fields.users;
  if (fields.groups.length) entry.groups = fields.groups;
  if (fields.authenticated) entry.authenticated = true;
  if (fields.ident) entry.ident = true;
  if (fields.bindAnyPeer) entry.bind_any_peer = true;
  if (fields.udpAnyPeer) entry.udp_any_peer = true;
  if (fields.egressAddresses.length || fields.egressInterface) {
    const address = fields.egressAddresses.length === 1 ? fields.egressAddresses[0] : fields.egressAddresses;
    entry.egress = { ...(fields.egressAddresses.length ? { address } : {}), ...(fields.egressInterface ? { interface: fields.egressInterface } : {}) };
  }
  entry.verdict = fields.verdict;
  return entry;
}

const quoted = (text: string) => JSON.stringify(text).replace(/\u007f/g, "\\u007f");

function value(of: unknown): string {
  if (Array.isArray(of)) return `[${of.map(value).join(", ")}]`;
  if (typeof of === "object" && of !== null) return `{ ${Object.entries(of).map(([key, inner]) => `${key} = ${value(inner)}`).join(", ")} }`;
  return typeof of === "string" ? quoted(of) : String(of);
}

// As it will stand in sluice.toml. What is really written the gateway decides.
export function textOf(entry: RuleEntry): string {
  const lines = Object.entries(entry).map(([key, of]) => `${key} = ${key === "expires" ? String(of) : value(of)}`);
  return ["[[rule]]", ...lines].join("\n") + "\n";
}

// What a person sees at once that is missing; the rest the gateway says.
export function faultsOf(fields: RuleFields): Partial<Record<keyof RuleFields, "name" | "commands" | "url" | "range">> {
  const faults: ReturnType<typeof faultsOf> = {};
  if (!fields.name.trim()) faults.name = "name";
  if (!fields.commands.length) faults.commands = "commands";
  if (fields.destinationBy === "url" && !listOf(fields.url).length) faults.url = "url";
  for (const key of ["source", "destination"] as const) {
    const { from, to } = fields[key];
    if ((from && !ADDRESS.test(from.trim())) || (to && (!from || !ADDRESS.test(to.trim())))) faults[key] = "range";
  }
  for (const key of ["sourcePorts", "destinationPorts"] as const) {
    const { from, to } = fields[key];
    if ([from, to].some((port) => port && (!PORT.test(port.trim()) || Number(port) > 65535)) || (from && to && Number(from) > Number(to))) faults[key] = "range";
  }
  return faults;
}
