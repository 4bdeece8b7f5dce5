// A resource for as long as a screen shows it.
import { useCallback, useEffect, useRef, useState } from "react";
import { asProblem, call, type Problem, type Request } from "./api";

export interface Asked<T> {
  answer?: T;
  etag: string | null;
  problem?: Problem;
  busy: boolean;
  again: () => void;
}

// `path` undefined: nothing is asked yet. What was there stays while it is asked again.
export function useAnswer<T>(path: string | undefined, query: Request["query"] = {}, every?: number): Asked<T> {
  const [state, setState] = useState<{ answer?: T; etag: string | null; problem?: Problem; of?: string; path?: string }>({ etag: null });
  const [busy, setBusy] = useState(path !== undefined);
  const [turn, setTurn] = useState(0);
  const words = JSON.stringify(query);
  const key = `${path} ${words}`;
  const latest = useRef(key);
  latest.current = key;
  useEffect(() => {
    if (path === undefined) return undefined;
    const stopping = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      setBusy(true);
      try {
        const { body, etag } = await call<T>("GET", path, { query: JSON.parse(words) as Request["query"], signal: stopping.signal });
        if (latest.current === key) setState({ answer: body, etag, of: key, path });
      } catch (error) {
        if (stopping.signal.aborted) return;
        setState((before) => ({ answer: before.of === key ? before.answer : undefined, etag: before.etag, problem: asProblem(error), of: key, path }));
      }
      setBusy(false);
      if (every && !stopping.signal.aborted) timer = setTimeout(() => { if (document.hidden) timer = setTimeout(() => void ask(), every); else void ask(); }, every);
    };
    void ask();
    return () => {
      stopping.abort();
      clearTimeout(timer);
    };
  }, [path, words, key, every, turn]);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  // Of another resource, what was there would be shown as something that it is not.
  const same = state.path === path;
  return { answer: same ? state.answer : undefined, etag: state.etag, problem: same ? state.problem : undefined, busy, again };
}

// Something that is done once, by a button.
export function useDeed<A extends unknown[]>(deed: (...args: A) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = async (...args: A) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await deed(...args);
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, problem, forget: () => setProblem(undefined) };
}
