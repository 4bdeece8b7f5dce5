import type { Session } from "./shapes";

export interface LiveSession extends Session { rate: number }

// Bytes a second since the last pass; a session that is new has its mean.
export function withRates(rows: Session[], before: Map<string, { bytes: number; at: number }>, at: number): LiveSession[] {
  return rows.map((row) => {
    const bytes = row.bytes_up + row.bytes_down;
    const seen = before.get(row.session);
    const rate = seen && at > seen.at ? ((bytes - seen.bytes) * 1000) / (at - seen.at) : row.age_ms > 0 ? (bytes * 1000) / row.age_ms : 0;
    return { ...row, rate: Math.max(0, rate) };
  });
}
