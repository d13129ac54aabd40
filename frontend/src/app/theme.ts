import { remember, remembered } from "@/ui";

// The theme is on <html data-theme>, set before anything is drawn.
export type Theme = "system" | "light" | "dark" | "contrast";
export const themes: readonly Theme[] = ["system", "light", "dark", "contrast"];

const key = "nexus.theme";
const dark = () => window.matchMedia("(prefers-color-scheme: dark)");
const more = () => window.matchMedia("(prefers-contrast: more)");
let chosen: Theme = "system";

function paint(): void {
  const resolved = chosen !== "system" ? chosen : more().matches ? "contrast" : dark().matches ? "dark" : "light";
  document.documentElement.dataset["theme"] = resolved;
}

/** Paints the theme of the last visit; settings from the host may change it. */
export function startTheme(): void {
  const known = remembered(key);
  chosen = themes.find((theme) => theme === known) ?? "system";
  paint();
  dark().addEventListener("change", paint);
  more().addEventListener("change", paint);
}

export function chooseTheme(theme: Theme): void {
  chosen = theme;
  remember(key, theme);
  paint();
}

export function chosenTheme(): Theme {
  return chosen;
}
