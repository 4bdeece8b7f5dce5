// What can be done to a rule without its form.
import { edit } from "./drafts";
import type { RuleEntry } from "./shapes";

export const switchRule = (rule: RuleEntry) => edit("POST", ["rules", rule.name], { enabled: rule.enabled === false }, ":enable");
export const removeRule = (name: string) => edit("DELETE", ["rules", name]);
export const moveBefore = (name: string, before: string | null) => edit("POST", ["rules", name], { before }, ":move");
