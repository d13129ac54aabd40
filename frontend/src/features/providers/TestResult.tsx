import { CircleCheck, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import type { ProviderTest } from "@/api";
import { useFormat, useT } from "@/i18n";
import { IconButton, problemDetail, problemHint, problemMessage } from "@/ui";

interface Props {
  name: string;
  test: ProviderTest;
  onClose?: () => void;
}

const shown = 6;

/** What a real call to a provider came to. */
export function TestResult({ name, test, onClose }: Props) {
  const t = useT();
  const format = useFormat();
  const hint = test.problem && problemHint(test.problem);
  const refused = test.problem?.code === "egress.refused";
  return (
    <div role="status" className="flex items-start gap-3 rounded-md bg-text/4 px-3 py-2.5 text-sm">
      {test.ok ? <CircleCheck size={16} className="mt-0.5 shrink-0 text-ok" aria-hidden /> : <TriangleAlert size={16} className="mt-0.5 shrink-0 text-danger" aria-hidden />}
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <p className="font-medium wrap-anywhere">{test.ok ? t("providers.testOk", { name }) : t("providers.testFailed", { name })}</p>
        {test.problem && (
          <p>
            {refused ? t("providers.refused") : problemMessage(test.problem)}{" "}
            {/* The host's own words say more than those of the code: "The endpoint answered 401." */}
            {!refused && problemDetail(test.problem) && <span className="text-muted">{problemDetail(test.problem)} </span>}
            <span className="text-muted">{refused ? t("providers.refusedHelp") : hint}</span>
          </p>
        )}
        <dl className="num flex flex-wrap gap-x-5 gap-y-1 text-xs">
          {test.tested_model && <Fact name={t("providers.testModel")}>{test.tested_model}</Fact>}
          {test.first_token_ms ? <Fact name={t("providers.testFirst")}>{format.duration(test.first_token_ms)}</Fact> : null}
          {test.ok && <Fact name={t("providers.testLatency")}>{format.duration(test.latency_ms)}</Fact>}
        </dl>
        {test.answer && (
          <p className="text-xs">
            <span className="text-muted">{t("providers.testAnswer")} </span>
            <q className="wrap-anywhere">{test.answer}</q>
          </p>
        )}
        {test.models.length > 0 ? (
          <p className="text-xs wrap-anywhere">
            <span className="text-muted">{t("providers.testListed")} </span>
            {test.models.slice(0, shown).join(", ")}
            {test.models.length > shown && <span className="text-muted">, {t("providers.moreModels", { count: test.models.length - shown })}</span>}
          </p>
        ) : (
          test.ok && <p className="text-xs text-muted">{t("providers.testNone")}</p>
        )}
      </div>
      {onClose && (
        <IconButton size="sm" label={t("providers.closeTest")} onClick={onClose}>
          <X size={14} aria-hidden />
        </IconButton>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex gap-1.5">
      <dt className="text-muted">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}
