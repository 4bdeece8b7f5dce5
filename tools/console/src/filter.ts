// The gateway's language of filters: terms with blanks between them, each `key operator value`, all of
// which must hold. The console shows each as a chip. Pure; what a term means only the gateway knows.

export interface Term { key: string; operator: string; value: string }

export const KEYS = {
  sessions: ["client", "user", "destination", "port", "rule", "state", "command", "target", "version", "age", "bytes", "bytes_up", "bytes_down", "session"],
  log: ["client", "user", "destination", "port", "rule", "verdict", "ended_by", "reply", "state", "command", "target", "version", "bytes", "session"],
};

export function parse(text: string): Term[] {
  const terms: Term[] = [];
  const pattern = /([a-z_]+)(!=|<=|>=|=|<|>)("(?:[^"\\]|\\.)*"|[^\s"]*)/g;
  for (const found of text.matchAll(pattern)) {
    const quoted = found[3].startsWith('"');
    terms.push({ key: found[1], operator: found[2], value: quoted ? found[3].slice(1, -1).replace(/\\(.)/g, "$1") : found[3] });
  }
  return terms;
}

export function word({ key, operator, value }: Term): string {
  return `${key}${operator}${/[\s"\\]/.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : value}`;
}

export const format = (terms: Term[]) => terms.map(word).join(" ");

export function negated(term: Term): Term {
  const opposite: Record<string, string> = { "=": "!=", "!=": "=", "<": ">", ">": "<" };
  return { ...term, operator: opposite[term.operator] ?? term.operator };
}

// Whether `text` is all terms: else the person is told before the gateway is asked.
export const complete = (text: string) => text.trim() === "" || format(parse(text)) === text.trim().replace(/\s+/g, " ") || parse(text).length > 0;
