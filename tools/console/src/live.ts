// What changes by itself: one stream of events for the tab, closed while nobody looks; where the gateway has
// none, its status is asked every two seconds.
import { useEffect, useSyncExternalStore } from "react";
import { asProblem, get } from "./api";
import type { AuditRecord, LoggedRequest, Moment, Pending, Status } from "./shapes";

export interface Live {
  now?: Moment;
  recent: Moment[];      // up to an hour, oldest first
  pending?: Pending | null;
  generation?: number;
  silent: boolean;       // the gateway does not answer
}

const POINTS_MOST = 420;
let live: Live = { recent: [], silent: false };
const listeners = new Set<() => void>();
const ears = { audit: new Set<(record: AuditRecord) => void>(), log: new Set<(request: LoggedRequest) => void>(), config: new Set<() => void>() };
let source: EventSource | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let lastStatus: { at: number; status: Status } | undefined;
let streams = true;
let lastPoint = 0;
let asksPending = true;  // until the gateway has no such resource
let logFilter: string | undefined;

function tell(change: Partial<Live>) {
  live = { ...live, ...change };
  for (const changed of listeners) changed();
}

function take(now: Moment) {
  const at = Date.parse(now.at);
  const far = at - lastPoint >= 9500;
  if (far) lastPoint = at;
  const recent = far ? [...live.recent, now].slice(-POINTS_MOST) : [...live.recent.slice(0, -1), now];
  const pending = now.pending === undefined ? live.pending : now.pending;
  tell({ now, recent: live.recent.length ? recent : [now], pending, silent: false });
}

function momentOf(status: Status): Moment {
  const at = Date.now();
  const before = lastStatus;
  lastStatus = { at, status };
  const seconds = before ? Math.max(0.5, (at - before.at) / 1000) : 1;
  const since = (now: number, then: number | undefined) => (then === undefined || now < then ? 0 : (now - then) / seconds);
  return {
    at: new Date(at).toISOString(),
    sessions: status.sessions,
    bytes: status.bytes,
    accepted_per_s: since(status.sessions.accepted, before?.status.sessions.accepted),
    bytes_per_s: { up: since(status.bytes.up, before?.status.bytes.up), down: since(status.bytes.down, before?.status.bytes.down) },
  };
}

async function poll() {
  try {
    const status = await get<Status>("status");
    take(momentOf(status));
    if (status.config.generation !== live.generation) {
      tell({ generation: status.config.generation });
      for (const hear of ears.config) hear();
    }
    if (asksPending) {
      const pending = await get<{ pending: Pending | null }>("pending").catch((error: unknown) => { asksPending = asProblem(error).status !== 404; return undefined; });
      if (pending) tell({ pending: pending.pending });
    }
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status === 401) return;
    tell({ silent: true });
  }
  if (!document.hidden) timer = setTimeout(() => void poll(), 2000);
}

function topics() {
  return ["status", "config", ...(ears.audit.size ? ["audit"] : []), ...(ears.log.size ? ["log"] : [])].join(",");
}

function listen() {
  const query = new URLSearchParams({ topics: topics() });
  if (logFilter && ears.log.size) query.set("filter", logFilter);
  const opened = new EventSource(`/api/v1/events?${query}`);
  source = opened;
  let heard = false;
  opened.onopen = () => {
    heard = true;
    tell({ silent: false });
  };
  opened.onerror = () => {
    if (opened !== source) return;
    if (heard && opened.readyState === EventSource.CONNECTING) {
      tell({ silent: true });
      return;
    }
    opened.close();
    // Refused: either there is no such resource, or the sign-in is over, which the status will say.
    streams = heard && streams;
    if (!heard) streams = false;
    timer = setTimeout(start, 1000);
  };
  const on = (topic: string, hear: (said: unknown) => void) =>
    opened.addEventListener(topic, (event) => {
      try {
        hear(JSON.parse((event as MessageEvent<string>).data));
      } catch {
        // A line that is no JSON is not for us.
      }
    });
  on("status", (said) => take(said as Moment));
  on("config", (said) => {
    const { generation, pending } = said as { generation: number; pending?: Pending | null };
    tell({ generation, ...(pending === undefined ? {} : { pending }) });
    for (const hear of ears.config) hear();
  });
  on("audit", (said) => { for (const hear of ears.audit) hear(said as AuditRecord); });
  on("log", (said) => { for (const hear of ears.log) hear(said as LoggedRequest); });
}

function stop() {
  source?.close();
  source = undefined;
  clearTimeout(timer);
}

function start() {
  stop();
  if (document.hidden || !listeners.size) return;
  if (streams) listen();
  else void poll();
}

async function remember() {
  try {
    const { points: past } = await get<{ points: (Omit<Moment, "sessions"> & { sessions: number | Moment["sessions"] })[] }>("history");
    // A point of the past has the number of sessions alone.
    const points = past.map((point) => ({ ...point, sessions: typeof point.sessions === "number" ? { open: point.sessions, most: 0, accepted: 0, closed: 0 } : point.sessions }));
    if (points.length) {
      lastPoint = Date.parse(points[points.length - 1].at);
      tell({ recent: [...points, ...live.recent.filter(({ at }) => Date.parse(at) > lastPoint)].slice(-POINTS_MOST) });
    }
  } catch {
    // An older gateway: the hour begins now.
  }
}

// After a sign-in: what was refused before may be asked again.
export function beginAgain() {
  streams = true;
  start();
  void remember();
}

document.addEventListener("visibilitychange", start);

// One function for all renders: React subscribes again for each other one.
function subscribe(changed: () => void) {
  listeners.add(changed);
  if (listeners.size === 1) start();
  return () => {
    listeners.delete(changed);
    if (!listeners.size) stop();
  };
}

export function useLive(): Live {
  return useSyncExternalStore(subscribe, () => live);
}

export function useConfigChange(hear: () => void) {
  useEffect(() => {
    ears.config.add(hear);
    return () => void ears.config.delete(hear);
  }, [hear]);
}

export function useLogLines(hear: ((request: LoggedRequest) => void) | undefined, filter: string) {
  useEffect(() => {
    if (!hear) return undefined;
    ears.log.add(hear);
    logFilter = filter;
    start();
    return () => {
      ears.log.delete(hear);
      logFilter = undefined;
      start();
    };
  }, [hear, filter]);
}

export const hasStreams = () => streams;

// Known before the gateway says it: this console has just confirmed or taken back, or applied.
export function forgetPending() { tell({ pending: null }); }
export function awaitConfirmation(pending: Pending) { tell({ pending }); }
