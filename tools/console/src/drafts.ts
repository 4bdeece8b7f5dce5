// The draft that somebody works on: made with the first change, kept by the gateway, so that nothing is lost
// with the browser. Each edit says which state of the draft it was made in (If-Match).
import { useEffect, useSyncExternalStore } from "react";
import { asProblem, call, get, pathOf, type Problem } from "./api";
import type { Draft } from "./shapes";

interface Drafts {
  all: Draft[];
  mine?: Draft;        // the one that is worked on
  problem?: Problem;   // of asking for them
  asked: boolean;
}

let state: Drafts = { all: [], asked: false };
let chosen: string | undefined;
const listeners = new Set<() => void>();

function tell(change: Partial<Drafts>) {
  state = { ...state, ...change };
  for (const changed of listeners) changed();
}

function keep(draft: Draft) {
  chosen = draft.id;
  const others = state.all.filter(({ id }) => id !== draft.id);
  tell({ all: [...others, draft], mine: draft, asked: true, problem: undefined });
  return draft;
}

export async function refreshDrafts() {
  try {
    const { drafts } = await get<{ drafts: Draft[] }>("drafts");
    const mine = drafts.find(({ id }) => id === chosen) ?? [...drafts].sort((a, b) => b.changed.localeCompare(a.changed))[0];
    chosen = mine?.id;
    tell({ all: drafts, mine, asked: true, problem: undefined });
  } catch (error) {
    tell({ asked: true, problem: asProblem(error) });
  }
}

function subscribe(changed: () => void) {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

export function useDrafts(): Drafts {
  const drafts = useSyncExternalStore(subscribe, () => state);
  useEffect(() => { if (!state.asked) void refreshDrafts(); }, []);
  return drafts;
}

export function chooseDraft(id: string) {
  chosen = id;
  tell({ mine: state.all.find((draft) => draft.id === id) });
}

export async function newDraft(from: "in-force" | "disk" | "revision" = "in-force", revision?: number): Promise<Draft> {
  const { body, etag } = await call<Draft>("POST", "drafts", { json: { from, ...(revision === undefined ? {} : { revision }) } });
  return keep({ ...body, etag: etag ?? body.etag });
}

// One edit, in the draft that is worked on, or in a new one.
export async function edit(method: string, parts: string[], json?: unknown, action = ""): Promise<Draft> {
  const draft = state.mine ?? await newDraft();
  try {
    const { body, etag } = await call<Draft>(method, pathOf("drafts", draft.id, ...parts) + action, { json, etag: draft.etag });
    return keep({ ...draft, ...(typeof body === "object" ? body : {}), etag: etag ?? body.etag ?? draft.etag });
  } catch (error) {
    const problem = asProblem(error);
    // Somebody else has edited it, or it is gone: what is there now is shown beside the refusal.
    if (problem.status === 412 || problem.status === 404) await refreshDrafts();
    throw problem;
  }
}

export async function discard(draft: Draft) {
  await call("DELETE", pathOf("drafts", draft.id), { etag: draft.etag });
  chosen = undefined;
  await refreshDrafts();
}

export function takeDraft(draft: Draft) { return keep(draft); }
