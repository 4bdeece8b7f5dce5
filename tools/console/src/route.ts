// Where in the console somebody is: the fragment of the address, #/sessions?filter=…, so that links and the
// browser's buttons work, and nothing of it reaches a log.
import { useSyncExternalStore } from "react";

export interface Place { parts: string[]; query: URLSearchParams; text: string }

function decoded(part: string) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function placeOf(fragment: string): Place {
  const text = fragment.replace(/^#\/?/, "");
  const [path, query = ""] = text.split("?", 2);
  return { parts: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query), text };
}

export function to(parts: string[], query: Record<string, string | undefined> = {}): string {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value) words.set(key, value);
  const text = words.toString();
  return "#/" + parts.map(encodeURIComponent).join("/") + (text ? "?" + text : "");
}

export function go(parts: string[], query: Record<string, string | undefined> = {}) { location.hash = to(parts, query); }

// Without a new entry in the browser's history: a filter that changed, a tab.
export function amend(parts: string[], query: Record<string, string | undefined> = {}) {
  history.replaceState(null, "", to(parts, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

let last: Place = placeOf(location.hash);
function current(): Place {
  const text = location.hash.replace(/^#\/?/, "");
  if (text !== last.text) last = placeOf(location.hash);
  return last;
}

function subscribe(changed: () => void) {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}

export function usePlace(): Place {
  return useSyncExternalStore(subscribe, current);
}
