// What the console says, in English and German. The English sentence is the key.
import { useSyncExternalStore } from "react";
import { speak } from "./format";
import { GERMAN } from "./german";

export type Sentence = keyof typeof GERMAN;
export type Language = "en" | "de";

const listeners = new Set<() => void>();
let language: Language = "en";

export function filled(text: string, values: Record<string, string | number>) {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export function t(sentence: Sentence, values: Record<string, string | number> = {}): string {
  return filled(language === "de" ? GERMAN[sentence] : sentence, values);
}

export function setLanguage(wanted: Language) {
  language = wanted;
  speak(wanted);
  document.documentElement.lang = wanted;
  try {
    localStorage.setItem("sluice-language", wanted);
  } catch {
    // A browser that keeps nothing: until it is closed.
  }
  for (const changed of listeners) changed();
}

function subscribe(changed: () => void) {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => language);
}

export function firstLanguage(): Language {
  try {
    const kept = localStorage.getItem("sluice-language");
    if (kept === "en" || kept === "de") return kept;
  } catch {
    // As above.
  }
  return navigator.language.startsWith("de") ? "de" : "en";
}
