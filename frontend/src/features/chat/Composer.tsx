import { ArrowUp, CircleStop, Clock } from "lucide-react";
import { useCallback, useEffect, useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref } from "react";
import { isMac, keysOf } from "@/actions";
import type { Model, Settings } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, cx, Tooltip } from "@/ui";
import { sends } from "./keys";
import { ModelPicker } from "./ModelPicker";
import type { useDraft } from "./useDraft";

export interface ComposerHandle {
  focus(): void;
  /** Replaces what is in the field, unless the user has typed something there. */
  offer(text: string): void;
}

interface Props {
  ref?: Ref<ComposerHandle>;
  initial: string;
  draft: ReturnType<typeof useDraft>;
  model: string;
  models: readonly Model[];
  onModel: (model: string) => void;
  serverName: string;
  sendWith: Settings["send_with"];
  /** An answer is being written here: Stop stands where Send was. */
  running: boolean;
  stopping: boolean;
  /** The message would wait in the queue. */
  queues: boolean;
  onSend: (text: string) => Promise<boolean>;
  onStop: () => void;
}

/** From here on the count is worth showing. Characters. */
const countFrom = 600;
const tallest = 320;

/** Uncontrolled while typing: React learns of the text when something depends on it. */
export function Composer({ ref, initial, draft, model, models, onModel, serverName, sendWith, running, stopping, queues, onSend, onStop }: Props) {
  const t = useT();
  const format = useFormat();
  const field = useRef<HTMLTextAreaElement>(null);
  const [length, setLength] = useState(initial.length);
  const [focused, setFocused] = useState(false);
  const chosen = models.find((m) => m.id === model);

  const fit = useCallback(() => {
    const el = field.current;
    if (!el) return;
    el.style.height = "auto";
    el.style.height = `${Math.min(el.scrollHeight, tallest)}px`;
  }, []);
  useEffect(() => {
    if (field.current?.value) fit(); // an empty field has its height by itself, without a layout ahead of the first frame
  }, [fit]);
  const put = useCallback(
    (text: string) => {
      if (!field.current) return;
      field.current.value = text;
      setLength(text.length);
      fit();
    },
    [fit],
  );
  useImperativeHandle(
    ref,
    () => ({
      focus: () => field.current?.focus(),
      offer: (text) => {
        if (field.current?.value.trim() === "") put(text);
      },
    }),
    [put],
  );

  const submit = async () => {
    const text = field.current?.value ?? "";
    if (text.trim() === "" || running || !model) return;
    draft.hold();
    put("");
    if (await onSend(text)) draft.sent();
    else if (field.current?.value === "") {
      put(text);
      draft.change(text);
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (!sends(event.nativeEvent, sendWith)) return;
    event.preventDefault();
    void submit();
  };
  // Four characters a token is what English text costs on average; a hint, not a bill.
  const tokens = Math.ceil(length / 4);
  const tooLong = chosen?.context_tokens !== undefined && chosen.context_tokens > 0 && tokens > chosen.context_tokens;
  const empty = length === 0;
  const sendKeys = sendWith === "enter" ? keysOf("enter") : keysOf("mod+enter", isMac);
  return (
    <div
      data-focused={focused || undefined}
      className={cx("rounded-lg bg-raised transition-shadow", focused ? "shadow-[inset_0_0_0_1px_var(--color-accent)]" : "shadow-[inset_0_0_0_1px_var(--color-line-strong)]")}
    >
      <textarea
        ref={field}
        aria-label={t("chat.composer.label")}
        dir="auto"
        rows={1}
        defaultValue={initial}
        placeholder={t(queues ? "chat.composer.placeholderOffline" : "chat.composer.placeholder")}
        maxLength={1_000_000}
        onInput={(event) => {
          const { value } = event.currentTarget;
          // Only crossing a threshold renders; not every key.
          setLength((known) => (value.length >= countFrom || known >= countFrom || (known === 0) !== (value.length === 0) ? value.length : known));
          draft.change(value);
          fit();
        }}
        onFocus={() => setFocused(true)}
        onBlur={() => {
          setFocused(false);
          void draft.flush();
        }}
        onKeyDown={onKeyDown}
        className="block max-h-80 w-full resize-none bg-transparent px-5 pt-3 pb-1 text-base outline-none focus-visible:outline-none"
      />
      <div className="flex h-10 items-center gap-2 ps-3 pe-2">
        <ModelPicker value={model} onChange={onModel} serverName={serverName} />
        <span className="flex-1" />
        <span aria-live="polite" className="num min-w-0 truncate text-xs text-faint">
          {draft.failed ? (
            <span className="text-danger">{t("chat.composer.draftFailed")}</span>
          ) : tooLong ? (
            <span className="text-warn">{t("chat.composer.overContext", { model: chosen.name, n: format.integer(chosen.context_tokens ?? 0) })}</span>
          ) : length >= countFrom ? (
            `${t("chat.composer.characters", { count: length })} · ${t("chat.composer.aboutTokens", { n: format.compact(tokens) })}`
          ) : null}
        </span>
        {running ? (
          <Button size="sm" className="!h-7" icon={<CircleStop size={14} aria-hidden />} busy={stopping} onClick={onStop}>
            {t("chat.stop")}
          </Button>
        ) : (
          <Tooltip content={queues ? t("chat.composer.queue") : t("chat.composer.send")} keys={sendKeys}>
            <Button tone="primary" aria-label={queues ? t("chat.composer.queue") : t("chat.composer.send")} disabled={empty || !model} onClick={() => void submit()} className="!w-7 !px-0">
              {queues ? <Clock size={15} aria-hidden /> : <ArrowUp size={16} aria-hidden />}
            </Button>
          </Tooltip>
        )}
      </div>
      {chosen?.kept_days ? <p className="px-5 pb-2 text-xs text-muted">{t("chat.composer.kept", { count: chosen.kept_days, name: serverName || t("chat.composer.organisation") })}</p> : null}
    </div>
  );
}
