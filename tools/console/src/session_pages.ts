// All sessions that match, page by page, again and again: the next pass begins after a pause that is long
// against what the last one took, so that a console left open costs the gateway nothing that shows.
import { useEffect, useRef, useState } from "react";
import { asProblem, get, type Problem } from "./api";
import { withRates, type LiveSession } from "./rates";
import type { Session } from "./shapes";

export const ROWS_MOST = 100000;
const PAGE = 1000;
const PAUSE_MS = 2000;

interface Page { sessions: Session[]; next: string | null; about?: number }

export function useSessions(filter: string, paused: boolean) {
  const [rows, setRows] = useState<LiveSession[]>([]);
  const [problem, setProblem] = useState<Problem>();
  const [state, setState] = useState<{ loading: boolean; cut: boolean; known: boolean }>({ loading: true, cut: false, known: false });
  const before = useRef(new Map<string, { bytes: number; at: number }>());
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    setState((now) => ({ ...now, known: false }));
  }, [filter]);
  useEffect(() => {
    if (paused) return undefined;
    const stopping = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pass = async () => {
      const begun = Date.now();
      const found: Session[] = [];
      let cursor: string | null = null;
      try {
        do {
          const page: Page = await get<Page>("sessions", { filter, limit: PAGE, cursor: cursor ?? undefined }, stopping.signal);
          found.push(...page.sessions);
          cursor = page.next;
        } while (cursor && found.length < ROWS_MOST);
        const fresh = withRates(found, before.current, begun);
        before.current = new Map(found.map((row) => [row.session, { bytes: row.bytes_up + row.bytes_down, at: begun }]));
        setRows(fresh);
        setProblem(undefined);
        setState({ loading: false, cut: cursor !== null, known: true });
      } catch (error) {
        if (stopping.signal.aborted) return;
        setProblem(asProblem(error));
        setState((now) => ({ ...now, loading: false }));
      }
      wait(Math.max(PAUSE_MS, 20 * (Date.now() - begun)));
    };
    const wait = (pause: number) => {
      timer = setTimeout(() => { if (document.hidden) wait(PAUSE_MS); else void pass(); }, pause);
    };
    void pass();
    return () => {
      stopping.abort();
      clearTimeout(timer);
    };
  }, [filter, paused, turn]);
  return { rows, problem, ...state, again: () => setTurn((n) => n + 1) };
}
