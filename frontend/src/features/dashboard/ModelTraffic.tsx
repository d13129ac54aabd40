import { Link } from "@tanstack/react-router";
import type { Dashboard, Range } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { FamilyBadge, familyOf } from "@/ui";

/** Models by calls; each leads to its calls. */
export function ModelTraffic({ data, range }: { data: Dashboard; range: Range }) {
  const t = useT();
  const format = useFormat();
  const logs = useCan("logs.read");
  return (
    <section className="min-w-0" aria-labelledby="models-by-traffic">
      <h2 id="models-by-traffic" className="flex h-8 items-center text-sm font-medium">{t("dashboard.models")}</h2>
      <div className="overflow-x-auto">
        <table className="w-full text-sm">
          <thead className="text-xs text-muted">
            <tr className="border-b border-line">
              <th scope="col" className="h-8 pe-4 text-start font-medium">{t("dashboard.model")}</th>
              <th scope="col" className="hidden w-[28%] pe-4 text-start font-medium sm:table-cell">{t("dashboard.share")}</th>
              <th scope="col" className="pe-4 text-end font-medium">{t("dashboard.calls")}</th>
              <th scope="col" className="hidden pe-4 text-end font-medium sm:table-cell">{t("dashboard.output")}</th>
              <th scope="col" className="text-end font-medium">{t("dashboard.cost")}</th>
            </tr>
          </thead>
          <tbody>
            {data.models.map((model) => {
              const share = data.calls === 0 ? 0 : model.calls / data.calls;
              const name = (
                <>
                  <FamilyBadge family={familyOf(model.model)} />
                  <bdi className="truncate font-medium">{model.model}</bdi>
                </>
              );
              return (
                <tr key={model.model} className="h-9 border-b border-line">
                  <td className="max-w-0 pe-4 max-sm:w-full sm:w-[36%]">
                    {logs ? (
                      <Link to={"/logs" as never} search={{ model: model.model, range } as never} aria-label={t("dashboard.openLogs", { model: model.model })} className="flex min-w-0 items-center gap-2 rounded-sm hover:underline">
                        {name}
                      </Link>
                    ) : (
                      <span className="flex min-w-0 items-center gap-2">{name}</span>
                    )}
                  </td>
                  <td className="hidden pe-4 sm:table-cell">
                    <span className="flex items-center gap-3">
                      <span className="h-1.5 min-w-10 flex-1 overflow-hidden rounded-full bg-text/6" aria-hidden>
                        <span className="block h-full rounded-full bg-accent" style={{ width: `${Math.min(100, share * 100)}%` }} />
                      </span>
                      <span className="num w-14 text-end text-muted">{format.percent(share)}</span>
                    </span>
                  </td>
                  <td className="num pe-4 text-end">{format.integer(model.calls)}</td>
                  <td className="num hidden pe-4 text-end sm:table-cell">{format.integer(model.output_tokens)}</td>
                  <td className="num text-end">{format.money(model.cost_nano_usd)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
