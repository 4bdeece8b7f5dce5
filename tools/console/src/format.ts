// Numbers, bytes and times as people read them. Pure.

let language = "en";
export function speak(of: string) { language = of; }
export function spoken() { return language; }

export const count = (n: number | undefined | null) => (n ?? 0).toLocaleString(language);

const BYTES = ["B", "kB", "MB", "GB", "TB", "PB"];
export function bytes(n: number | undefined | null): string {
  let value = n ?? 0;
  let unit = 0;
  while (value >= 999.5 && unit < BYTES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
  return `${value.toLocaleString(language, { maximumFractionDigits: digits })} ${BYTES[unit]}`;
}

export const rate = (perSecond: number) => `${bytes(perSecond)}/s`;

export function bits(bytesPerSecond: number): string {
  let value = bytesPerSecond * 8;
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toLocaleString(language, { maximumFractionDigits: value >= 99.5 || unit === 0 ? 0 : 1 })} ${units[unit]}`;
}

export const percent = (share: number, digits = 1) => `${(share * 100).toLocaleString(language, { maximumFractionDigits: digits })} %`;

// 0:40, 3:12, 5:02:10, 12 d 3 h.
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days) return `${days} d ${hours} h`;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export function clock(at: string | undefined | null): string {
  if (!at) return "–";
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? at : time.toLocaleTimeString(language, { hour12: false });
}

export function moment(at: string | undefined | null): string {
  if (!at) return "–";
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  return time.toLocaleString(language, { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

export function ago(at: string | undefined | null, now = Date.now()): string {
  if (!at) return "–";
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  if (Number.isNaN(seconds)) return at;
  for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]] as const) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return words.format(seconds, "second");
}
