// Light or dark: as the system says, until somebody chooses.
export type Theme = "light" | "dark";

export function firstTheme(): Theme {
  try {
    const kept = localStorage.getItem("sluice-theme");
    if (kept === "light" || kept === "dark") return kept;
  } catch {
    // A browser that keeps nothing.
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export const theme = (): Theme => (document.documentElement.classList.contains("pf-v6-theme-dark") ? "dark" : "light");

export function setTheme(wanted: Theme, keep = false) {
  document.documentElement.classList.toggle("pf-v6-theme-dark", wanted === "dark");
  if (!keep) return;
  try {
    localStorage.setItem("sluice-theme", wanted);
  } catch {
    // As above.
  }
}
