// Where `name` goes: one up or down, or to a place among the others. Nothing where it would stay.
export function placeAfterMove(names: string[], name: string, to: "up" | "down" | "top" | "end"): { before: string | null; place: number } | undefined {
  const at = names.indexOf(name);
  const others = names.filter((other) => other !== name);
  const place = to === "up" ? at - 1 : to === "down" ? at + 1 : to === "top" ? 0 : others.length;
  if (at < 0 || place < 0 || place > others.length || place === at) return undefined;
  return { before: others[place] ?? null, place: place + 1 };
}
