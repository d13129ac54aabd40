import { Link } from "@tanstack/react-router";
import { RotateCcw, Square } from "lucide-react";
import { useRef } from "react";
import type { Model } from "@/api";
import { Markdown } from "@/features/markdown";
import { useFormat, useT } from "@/i18n";
import { CopyButton, ErrorState, FamilyBadge, familyOf, IconButton, problemDetail } from "@/ui";
import type { Contest } from "./contest";
import { isOver, isRunning } from "./lane";
import { LaneFigures, type Best } from "./LaneFigures";
import { useCallCost } from "./useCallCost";
import { useFollow } from "./useFollow";
import { useLane } from "./useLane";

interface Props {
  contest: Contest;
  model: string;
  listed: Model | undefined;
  best: Best;
  onAgain: () => void;
}

/** One model's answer: figures above, text below, growing while it is written. */
export function LaneView({ contest, model, listed, best, onAgain }: Props) {
  const t = useT();
  const format = useFormat();
  const lane = useLane(contest, model);
  const cost = useCallCost(model, lane);
  const body = useRef<HTMLDivElement>(null);
  const running = isRunning(lane);
  const onScroll = useFollow(body, lane.text.length + lane.reasoning.length, running);
  return (
    <article aria-label={t("playground.answerOf", { model })} aria-busy={running} className="@container flex min-h-0 min-w-0 flex-col bg-bg max-md:min-h-80">
      <header className="flex h-10 shrink-0 items-center gap-2 border-b border-line ps-4 pe-2">
        <FamilyBadge family={listed?.family ?? familyOf(model)} />
        <h2 className="min-w-0 flex-1 truncate text-sm font-medium" title={model}><bdi>{model}</bdi></h2>
        {running && (
          <IconButton size="sm" label={t("playground.stopOne", { model })} onClick={() => contest.stop(model)}>
            <Square size={12} aria-hidden />
          </IconButton>
        )}
        {isOver(lane) && (
          <>
            {lane.text && <CopyButton text={lane.text} label={t("playground.copy", { model })} />}
            <IconButton size="sm" label={t("playground.again", { model })} onClick={onAgain}>
              <RotateCcw size={13} aria-hidden />
            </IconButton>
          </>
        )}
      </header>
      <LaneFigures lane={lane} cost={cost} best={best} />
      {/* The region scrolls, so the keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={body} onScroll={onScroll} tabIndex={0} role="region" aria-label={t("playground.textOf", { model })} className="min-h-0 flex-1 overflow-y-auto px-4 py-3 focus-visible:-outline-offset-2">
        {lane.state === "idle" && <p className="text-sm text-faint">{listed === undefined ? t("playground.notOffered") : listed.state === "ready" ? t("playground.ready") : listed.detail || t(`playground.${listed.state}`)}</p>}
        {lane.reasoning && (
          <details className="mb-3 rounded-md bg-text/4 px-3 py-2 text-sm text-muted">
            <summary className="font-medium">{t("playground.reasoning")}</summary>
            <div className="mt-2 whitespace-pre-wrap wrap-anywhere" dir="auto">{lane.reasoning}</div>
          </details>
        )}
        {lane.text ? <Markdown text={lane.text} live={running} /> : running && <p role="status" aria-label={t("playground.waiting")} className="flex h-[25px] items-center"><span className="h-[1.1em] w-[2px] animate-caret bg-accent-text" aria-hidden /></p>}
        {lane.state === "stopped" && <p className="mt-2 text-xs text-faint">{t("playground.stopped")}</p>}
        {lane.state === "done" && lane.text === "" && <p className="text-sm text-muted">{t("playground.nothing")}</p>}
        {lane.outcome?.finish === "length" && <p className="mt-2 text-xs text-warn">{t("playground.cutAtLimit")}</p>}
        {lane.problem && (
          <div className="mt-3 flex flex-col gap-2">
            <ErrorState inline problem={lane.problem} />
            {/* A budget's or a limit's words are all there already, in the reader's language. */}
            {!lane.problem.bound && problemDetail(lane.problem) && <p className="text-xs wrap-anywhere text-muted select-text">{problemDetail(lane.problem)}</p>}
          </div>
        )}
      </div>
      {isOver(lane) && (
        <footer className="num flex min-h-8 shrink-0 flex-wrap items-center gap-x-3 border-t border-line px-4 py-1 text-xs text-muted">
          {lane.outcome?.deployment && <span className="min-w-0 truncate" title={t("playground.answeredBy", { name: lane.outcome.deployment })}>{lane.outcome.deployment}</span>}
          {lane.outcome && <span>{t("playground.tokens", { input: format.integer(lane.outcome.input_tokens), output: format.integer(lane.outcome.output_tokens) })}</span>}
          {lane.outcome?.cached_tokens !== undefined && <span>{t("playground.cachedTokens", { n: format.integer(lane.outcome.cached_tokens) })}</span>}
          {cost.callId && <Link to={"/logs" as never} search={{ open: cost.callId } as never} className="rounded-sm text-accent-text hover:underline">{t("playground.inLog")}</Link>}
        </footer>
      )}
    </article>
  );
}
