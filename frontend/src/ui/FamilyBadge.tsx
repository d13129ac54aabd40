import { cx } from "./cx";

const families: Record<string, { letter: string; look: string; name: string }> = {
  openai: { letter: "O", look: "text-family-openai bg-family-openai/12", name: "OpenAI" },
  anthropic: { letter: "A", look: "text-family-anthropic bg-family-anthropic/12", name: "Anthropic" },
  google: { letter: "G", look: "text-family-google bg-family-google/12", name: "Google" },
  deepseek: { letter: "D", look: "text-family-deepseek bg-family-deepseek/12", name: "DeepSeek" },
  meta: { letter: "L", look: "text-family-meta bg-family-meta/12", name: "Llama" },
  mistral: { letter: "M", look: "text-family-mistral bg-family-mistral/12", name: "Mistral" },
  qwen: { letter: "Q", look: "text-family-qwen bg-family-qwen/12", name: "Qwen" },
};
const other = { letter: "·", look: "text-family-other bg-family-other/12", name: "" };

/** The family of a model: a letter and a colour, so that neither has to do alone. */
export function FamilyBadge({ family, className }: { family: string; className?: string }) {
  const { letter, look, name } = families[family] ?? other;
  return (
    <span aria-hidden={!name} title={name || undefined} className={cx("inline-flex size-4 shrink-0 items-center justify-center rounded-sm text-[10px] leading-none font-semibold select-none", look, className)}>
      {letter}
    </span>
  );
}

/** The family that a model's name suggests; what the host says is better. */
export function familyOf(model: string): string {
  const name = model.toLowerCase();
  if (/gpt|^o\d|openai/.test(name)) return "openai";
  if (/claude|anthropic/.test(name)) return "anthropic";
  if (/gemini|gemma|google/.test(name)) return "google";
  if (/deepseek/.test(name)) return "deepseek";
  if (/llama|meta/.test(name)) return "meta";
  if (/mi[sx]tral|codestral|devstral/.test(name)) return "mistral";
  if (/qwen|qwq/.test(name)) return "qwen";
  return "other";
}
