import type { Model } from "@/api";

/** As many as can be read side by side. */
export const mostModels = 4;

/** The models that an address names, each once, at most four. */
export function modelsOf(text: string | undefined): string[] {
  const names = (text ?? "").split(",").map((part) => decode(part.trim()));
  return [...new Set(names.filter(Boolean))].slice(0, mostModels);
}

/** For the address: a comma in a name is no separator. */
export const textOf = (models: readonly string[]): string => models.map((model) => model.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",") || ","; // none is a choice too

function decode(part: string): string {
  return part.replaceAll("%2C", ",").replaceAll("%25", "%");
}

/** Without a choice: the first two that can answer now. */
export function suggested(models: readonly Model[]): string[] {
  const chat = models.filter((model) => model.kind === "chat");
  return [...chat.filter((model) => model.state === "ready"), ...chat.filter((model) => model.state !== "ready")].slice(0, 2).map((model) => model.id);
}
