import { ShieldAlert, ShieldCheck, X } from "lucide-react";
import type { verifyAudit } from "@/api";
import { useT } from "@/i18n";
import { Button, CopyButton, IconButton } from "@/ui";

interface Props {
  verdict: Awaited<ReturnType<typeof verifyAudit>>;
  onShow: (seq: number) => void;
  onDismiss: () => void;
}

/** The verdict on the whole chain, said before anything else. */
export function ChainCheck({ verdict, onShow, onDismiss }: Props) {
  const t = useT();
  const bad = verdict.bad_seq;
  return (
    <div role="status" className={`flex items-start gap-3 border-b border-line px-5 py-3 text-sm ${verdict.ok ? "bg-ok/6" : "bg-danger/8"}`}>
      {verdict.ok ? <ShieldCheck size={18} className="mt-px shrink-0 text-ok" aria-hidden /> : <ShieldAlert size={18} className="mt-px shrink-0 text-danger" aria-hidden />}
      <div className="min-w-0 flex-1">
        <p className="font-medium">{!verdict.ok ? t("audit.broken", { seq: bad ?? 0 }) : verdict.entries === 0 ? t("audit.fitsNone") : t("audit.fits", { count: verdict.entries })}</p>
        <p className="max-w-[84ch] text-xs text-muted">{verdict.ok ? t("audit.headHelp") : t("audit.brokenText")}</p>
        {verdict.ok && verdict.head && (
          <p className="mt-1 flex items-center gap-2 text-xs">
            <span className="text-muted">{t("audit.head")}</span>
            <span className="truncate font-mono select-text">{verdict.head}</span>
            <CopyButton text={verdict.head} label={t("audit.copyHash")} />
          </p>
        )}
        {!verdict.ok && bad !== undefined && (
          <Button size="sm" className="mt-2" onClick={() => onShow(bad)}>
            {t("audit.seeBroken", { seq: bad })}
          </Button>
        )}
      </div>
      <IconButton size="sm" label={t("audit.dismiss")} onClick={onDismiss}>
        <X size={14} aria-hidden />
      </IconButton>
    </div>
  );
}
