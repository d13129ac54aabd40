import { Link } from "@tanstack/react-router";
import type { Status } from "@/api";
import { engineText } from "@/features/status";
import { useFormat, useT } from "@/i18n";
import { Dot, type Tone } from "@/ui";

interface Props {
  model: string;
  status: Status | undefined;
  hasModel: boolean;
}

/** Before the first message; while nothing can answer yet it says how far things are. */
export function StartPanel({ model, status, hasModel }: Props) {
  const t = useT();
  const ready = hasModel || status === undefined;
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto px-5 pb-8">
      <div className="mx-auto mt-auto w-full max-w-[40rem] px-5">
        <h2 className="text-xl font-semibold tracking-[-0.018em] text-balance">{ready ? t("chat.start") : t("local.first.title")}</h2>
        <p className="mt-1 text-base text-muted">{!ready ? t("local.first.text") : model ? t("chat.startText", { model }) : t("chat.startNoModel")}</p>
        {!ready && <Progress status={status} />}
      </div>
    </div>
  );
}

const engineTones: Record<Status["engine"]["state"], Tone> = { absent: "neutral", building: "info", fetching: "info", starting: "info", ready: "ok", stopped: "neutral", failed: "danger" };

function Progress({ status }: { status: Status }) {
  const t = useT();
  const format = useFormat();
  const { engine, server } = status;
  const share = engine.total ? Math.min(1, (engine.done ?? 0) / engine.total) : undefined;
  const moving = engine.state === "building" || engine.state === "fetching" || engine.state === "starting";
  const text = engineText(engine, t, format);
  return (
    <ul className="mt-6 divide-y divide-line border-y border-line text-sm">
      <li className="py-3">
        <div className="flex items-center gap-2.5">
          <span className="w-20 shrink-0 text-muted">{t("local.first.model")}</span>
          <span className="flex min-w-0 flex-1 items-center gap-2">
            <Dot tone={engineTones[engine.state]} pulse={moving} />
            <span className="truncate">{text.label}</span>
          </span>
        </div>
        {moving && (
          <div
            role="progressbar"
            aria-label={text.label}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={share === undefined ? undefined : Math.round(share * 100)}
            className="mt-2.5 h-0.5 overflow-hidden rounded-full bg-text/10"
          >
            <div className="h-full bg-accent-text transition-[width]" style={{ width: `${(share ?? 0.04) * 100}%` }} />
          </div>
        )}
        <p className="mt-2 text-xs text-muted">{text.detail}</p>
      </li>
      <li className="flex items-center gap-2.5 py-3">
        <span className="w-20 shrink-0 text-muted">{t("local.first.server")}</span>
        <span className="min-w-0 flex-1">{server.state === "none" ? t("local.first.serverNone") : (server.detail ?? server.tenant ?? server.url)}</span>
        {server.state === "none" && (
          <Link to={"/settings" as never} className="shrink-0 text-accent-text hover:underline">
            {t("local.status.connect")}
          </Link>
        )}
      </li>
    </ul>
  );
}
