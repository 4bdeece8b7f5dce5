// What the API answers, as far as the console reads it. Fields that an older gateway lacks are optional.

export interface Status {
  version: string;
  started: string;
  uptime_s: number;
  state: string;
  config: { path: string | null; generation: number; rules: number; loaded: string; last_reload: { ok: boolean; at: string; message: string } };
  listening: string[];
  doors?: string[];
  shards: number;
  sessions: { open: number; most: number; accepted: number; closed: number };
  bytes: { up: number; down: number };
  counters: Record<string, number>;
}

export interface Pending {
  draft?: string;
  by: string;
  message?: string;
  since?: string;
  until: string;
  seconds_left: number;
  generation?: number;
}

// One second of the gateway.
export interface Moment {
  at: string;
  sessions: { open: number; most: number; accepted: number; closed: number };
  bytes: { up: number; down: number };
  accepted_per_s: number;
  bytes_per_s: { up: number; down: number };
  setup_p99_ms?: number | null;
  failed_share?: number | null;
  ended_by?: Record<string, number>;
  shards?: { busy: number }[];
  pending?: Pending | null;
}

export interface Session {
  session: string;
  state: string;
  since: string;
  age_ms: number;
  client: string;
  version?: string;
  user?: string;
  auth?: string;
  command?: string;
  destination?: string;
  port?: number;
  target?: string;
  egress?: string;
  rule?: string;
  bytes_up: number;
  bytes_down: number;
}

export interface RuleCounts {
  number: number;
  name: string;
  verdict: string;
  enabled: boolean;
  expires: string | null;
  comment?: string;
  file?: string;
  line?: number;
  hits: number;
  first_hit: string | null;
  last_hit: string | null;
  sessions: number;
  bytes_up: number;
  bytes_down: number;
}

// A rule as sluice.toml has it; a key that is not there has its default.
export interface RuleEntry {
  name: string;
  number?: number;
  text?: string;
  file?: string;
  line?: number;
  enabled?: boolean;
  comment?: string;
  expires?: string | null;
  source?: string[];
  source_ports?: string[];
  users?: string[];
  groups?: string[];
  authenticated?: boolean;
  destination?: string[];
  destination_ports?: string[];
  commands?: string[];
  ident?: boolean;
  bind_any_peer?: boolean;
  udp_any_peer?: boolean;
  egress?: unknown;
  verdict?: string;
}

export interface SetEntry { name: string; addresses?: string[]; hosts?: string[]; used_by?: string[]; file?: string; line?: number; text?: string }
export interface UserEntry { name: string; has_password?: boolean; last_seen?: string | null; used_by?: string[]; file?: string; line?: number }
export interface GroupEntry { name: string; members?: string[]; users?: string[]; used_by?: string[] }
export interface TestEntry {
  name: string;
  client?: string;
  client_port?: number;
  user?: string;
  command?: string;
  destination?: string;
  address?: string;
  port?: number;
  expect?: string;
  rule?: string;
}

export interface Warning { kind: string; rule: string | null; other: string | null; file: string; line: number; column: number; message: string }

export interface Draft {
  id: string;
  name: string;
  author: string;
  base: { revision: number | null; sha256: string };
  stale: boolean;
  created: string;
  changed: string;
  changes: number;
  problems: number;
  etag: string;
}

export interface Checked {
  ok: boolean;
  problems: { file: string; line: number; column: number; expected: string; found: string; hint: string }[];
  warnings: Warning[];
  tests: { passed: number; failed: number; failures?: unknown[] };
}

export interface Change { kind: string; op: string; name: string; from?: string; before?: unknown; after?: unknown; text: string }
export interface Diff { text: string; changes: Change[] }

export interface Impact {
  sessions: { asked: number; refused: number; list: Session[] };
  requests: { asked: number; refused: number; allowed: number; from: string; to: string; truncated: boolean; list: LoggedRequest[] } | null;
  took_ms: number;
}

export interface LoggedRequest {
  at: string;
  session: string;
  client: string;
  user?: string | null;
  version?: string;
  command?: string;
  destination?: string;
  port?: number;
  target?: string;
  rule?: string;
  verdict?: string;
  ended_by?: string;
  state?: string;
  reply?: number | string;
  why?: string;
  bytes_up: number;
  bytes_down: number;
  duration_ms: number;
  revision?: number | null;
}

export interface Explained {
  verdict: string;
  rule: string;
  phase: string;
  special_use: boolean;
  generation: number;
  agrees: boolean;
  addresses: { address: string; verdict: string; rule: string; special_use: boolean }[];
  rules: {
    number: number; rule: string; verdict: string; matched: boolean; reached: boolean;
    failed?: string; wanted?: string; found?: string; by?: string; list?: string; file?: string; line?: number;
  }[];
  would_change: { if: string; verdict: string; rule: string }[];
}

export interface Revision { number: number; at: string; author: string; from: string; message: string; sha256: string; in_force: boolean; text?: string }
export interface AuditRecord {
  number: number; at: string; who: string; role: string; door: string; from: string; action: string; object: string; outcome: string | number; detail: string; hash: string;
}
export interface Lock { id: string; user?: string; client?: string; destination?: string; expires: string | null; reason: string; by: string; at: string; ended: number }
export interface Admin { name: string; role: string; has_password?: boolean; last_seen?: string | null; created?: string }
export interface Token { id: string; name: string; role: string; expires: string | null; last_use?: string | null; created?: string; token?: string }
