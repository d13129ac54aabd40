import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { problemOf, routingQuery, type RoutingPolicy } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Button, ErrorState } from "@/ui";
import { RoutingDialog } from "./RoutingDialog";
import { ruleWords } from "./rules";

/** What holds for every call, in a line, above what each alias adds. */
export function RoutingBar({ children }: { children: ReactNode }) {
  const t = useT();
  const format = useFormat();
  const may = useCan("providers.write");
  const policy = useQuery(routingQuery());
  const [editing, setEditing] = useState<RoutingPolicy>();
  const words = policy.data && [
    ...ruleWords(policy.data, t, format),
    ...policy.data.roles.map((one) => t("providers.roleMay", { role: t(`console.role.${one.role}`, { defaultValue: one.role }), count: one.models.length })),
  ];
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-5 py-2">
      <div className="min-w-0 flex-[1_1_280px] text-xs text-muted">
        {policy.isError ? (
          <ErrorState inline problem={problemOf(policy.error)} onRetry={() => void policy.refetch()} />
        ) : (
          words && <><span className="font-medium text-text">{t("providers.rules")}:</span> {words.length > 0 ? words.join(" · ") : t("providers.noRules")}</>
        )}
      </div>
      {may && policy.data && <Button onClick={() => setEditing(policy.data)}>{t("providers.editRules")}</Button>}
      {children}
      {editing && <RoutingDialog policy={editing} onClose={() => setEditing(undefined)} />}
    </div>
  );
}
