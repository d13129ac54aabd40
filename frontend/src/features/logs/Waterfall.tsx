import { useMemo } from "react";
import type { LogDetail } from "@/api";
import { translateWire, useFormat, useT } from "@/i18n";
import { CopyButton, cx } from "@/ui";
import { spansOf, type Span } from "./tries";

/** Everything that was tried for a call, on one time line: waiting, writing, and why each was tried. */
export function Waterfall({ detail }: { detail: LogDetail }) {
  const t = useT();
  const format = useFormat();
  const { spans, totalMs } = useMemo(() => spansOf(detail), [detail]);
  if (spans.length === 0) return <p className="text-sm text-muted">{t("logs.noTries")}</p>;
  return (
    <section aria-labelledby="tries" className="flex flex-col gap-2">
      <h3 id="tries" className="flex items-baseline justify-between text-sm font-medium">
        {t("logs.tries", { count: spans.length })}
        <span className="num text-xs font-normal text-muted">{format.duration(totalMs)}</span>
      </h3>
      <ol className="flex flex-col gap-3">
        {spans.map((span) => (
          <Try key={span.attempt.n} span={span} />
        ))}
      </ol>
      <p aria-hidden className="flex flex-wrap gap-x-4 gap-y-1 text-2xs text-muted">
        <Key look="bg-accent/30">{t("logs.waitingPart")}</Key>
        <Key look="bg-accent">{t("logs.writingPart")}</Key>
        <Key look="bg-danger/70">{t("logs.failedPart")}</Key>
      </p>
    </section>
  );
}

function Key({ look, children }: { look: string; children: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span className={cx("h-2 w-3 rounded-sm", look)} />
      {children}
    </span>
  );
}

function Try({ span }: { span: Span }) {
  const t = useT();
  const format = useFormat();
  const { attempt } = span;
  const failed = attempt.error_code !== undefined && attempt.error_code !== "";
  const percent = (share: number) => `${share * 100}%`;
  const first = span.first ?? span.end;
  const facts = [
    attempt.translated ? t("logs.translated") : t("logs.passedOn"),
    attempt.key ? t("logs.withKey", { key: attempt.key }) : "",
    attempt.first_token_ms ? t("logs.firstAfter", { time: format.duration(attempt.first_token_ms) }) : t("logs.noContent"),
    attempt.output_tokens > 0 ? t("logs.inOut", { input: format.integer(attempt.input_tokens), output: format.integer(attempt.output_tokens) }) : "",
    attempt.reasoning_tokens ? t("logs.ofThem", { n: format.integer(attempt.reasoning_tokens) }) : "",
    attempt.cost_nano_usd > 0 ? format.money(attempt.cost_nano_usd) : "",
  ].filter(Boolean);
  return (
    <li className="flex flex-col gap-1 text-xs">
      <div className="flex min-w-0 items-baseline gap-2">
        <span className="num text-faint">{attempt.n}</span>
        <bdi className="min-w-0 truncate text-sm font-medium" title={attempt.model}>{attempt.deployment}</bdi>
        {attempt.why && <span className="shrink-0 text-muted">{t(`logs.whys.${attempt.why as "load"}`, { defaultValue: attempt.why })}</span>}
        <span className="flex-1" />
        <span className="num shrink-0 text-muted" title={t("logs.startedAfter", { time: format.duration(span.offsetMs) })}>{format.duration(attempt.latency_ms)}</span>
      </div>
      <div className="relative h-2.5 overflow-hidden rounded-sm bg-text/5" aria-hidden>
        <span className={cx("absolute inset-y-0 rounded-sm", failed ? "bg-danger/30" : "bg-accent/30")} style={{ insetInlineStart: percent(span.begin), width: `max(2px, ${percent(first - span.begin)})` }} />
        {span.first !== undefined && <span className={cx("absolute inset-y-0 rounded-sm", failed ? "bg-danger/70" : "bg-accent")} style={{ insetInlineStart: percent(span.first), width: `max(2px, ${percent(span.end - span.first)})` }} />}
      </div>
      {failed && (
        <p className="text-danger">
          {translateWire(`fault.${attempt.error_code ?? ""}`) ?? attempt.error_code} <span className="font-mono text-2xs text-muted select-text">{attempt.error_code}</span>
        </p>
      )}
      <p className="num flex flex-wrap gap-x-2 text-muted">{facts.join(" · ")}</p>
      {attempt.request_id && (
        <p className="flex min-w-0 items-center gap-1 text-faint">
          <span className="min-w-0 truncate font-mono text-2xs select-text" title={attempt.request_id}>{attempt.request_id}</span>
          <CopyButton text={attempt.request_id} label={t("logs.copyTheirId")} />
        </p>
      )}
    </li>
  );
}
