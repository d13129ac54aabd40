import { Play, SlidersHorizontal, Square } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { keysOf } from "@/actions";
import { useT } from "@/i18n";
import { Button, Field, Input, Kbd, TextArea, useNarrow } from "@/ui";
import type { Draft, DraftFault } from "./session";

interface Props {
  draft: Draft;
  onDraft: (change: Partial<Draft>) => void;
  wrong: DraftFault | undefined;
  running: boolean;
  canRun: boolean;
  onRun: () => void;
  onStop: () => void;
  /** Which models answer. */
  children: ReactNode;
}

/** The question, and beside it what few need: a system prompt and limits. */
export function PromptForm({ draft, onDraft, wrong, running, canRun, onRun, onStop, children }: Props) {
  const t = useT();
  const narrow = useNarrow();
  const [more, setMore] = useState(draft.system !== "" || draft.temperature !== "" || draft.maxTokens !== "");
  const prompt = useRef<HTMLTextAreaElement>(null);
  return (
    <form
      aria-label={t("playground.question")}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (draft.prompt.trim() === "") prompt.current?.focus();
        onRun();
      }}
      className="flex shrink-0 flex-col gap-3 border-b border-line px-5 py-4"
    >
      <div className="flex flex-col gap-1.5">
        <TextArea
          ref={prompt}
          aria-label={t("playground.prompt")}
          aria-invalid={wrong === "prompt" || undefined}
          aria-describedby={wrong === "prompt" ? "playground-prompt-wrong" : undefined}
          placeholder={t("playground.promptHint")}
          rows={3}
          maxLength={200_000}
          dir="auto"
          autoFocus
          defaultValue={draft.prompt}
          onChange={(event) => onDraft({ prompt: event.target.value })}
          className="!text-base"
        />
        {wrong === "prompt" && <p id="playground-prompt-wrong" role="alert" className="text-xs text-danger">{t("playground.promptNeeded")}</p>}
      </div>
      {(more || wrong === "temperature" || wrong === "maxTokens") && (
        <div className="grid gap-3 sm:grid-cols-[1fr_130px_150px]">
          <Field label={t("playground.system")} optional={t("ui.optional")}>
            {(field) => <TextArea {...field} rows={1} dir="auto" maxLength={50_000} className="!min-h-7" defaultValue={draft.system} onChange={(event) => onDraft({ system: event.target.value })} />}
          </Field>
          <Field label={t("playground.temperature")} optional={t("ui.optional")} error={wrong === "temperature" ? t("playground.temperatureWrong") : undefined}>
            {(field) => <Input {...field} inputMode="decimal" defaultValue={draft.temperature} onChange={(event) => onDraft({ temperature: event.target.value })} />}
          </Field>
          <Field label={t("playground.maxTokens")} optional={t("ui.optional")} error={wrong === "maxTokens" ? t("playground.maxTokensWrong") : undefined}>
            {(field) => <Input {...field} inputMode="numeric" defaultValue={draft.maxTokens} onChange={(event) => onDraft({ maxTokens: event.target.value })} />}
          </Field>
        </div>
      )}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">{children}</div>
        <div className="flex items-center gap-2">
          <Button tone="ghost" icon={<SlidersHorizontal size={14} aria-hidden />} aria-expanded={more} onClick={() => setMore(!more)}>
            {t("playground.options")}
          </Button>
          {running ? (
            <Button icon={<Square size={12} aria-hidden />} onClick={onStop}>
              {t("playground.stopAll")}
              {!narrow && <Kbd keys={keysOf("escape")} />}
            </Button>
          ) : (
            <Button type="submit" tone="primary" icon={<Play size={13} aria-hidden />} disabled={!canRun}>
              {t("playground.run")}
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}
