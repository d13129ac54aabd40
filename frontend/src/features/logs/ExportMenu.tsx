import { Download, X } from "lucide-react";
import type { LogFilter } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, IconButton, Menu } from "@/ui";
import { useExport } from "./useExport";

/** All calls of the filters as CSV or NDJSON, those that are not loaded too. */
export function ExportMenu({ filter, total }: { filter: LogFilter; total: number }) {
  const t = useT();
  const format = useFormat();
  const { lines, start, cancel } = useExport(filter);
  if (lines !== undefined) {
    const share = total > 0 ? Math.min(1, lines / total) : 0;
    return (
      <span className="flex items-center gap-2 text-xs text-muted">
        <span role="progressbar" aria-label={t("logs.exporting")} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} className="h-1.5 w-20 overflow-hidden rounded-full bg-text/8">
          <span className="block h-full bg-accent" style={{ width: `${share * 100}%` }} />
        </span>
        <span className="num">{format.integer(lines)}</span>
        <Button size="sm" tone="ghost" icon={<X size={12} aria-hidden />} onClick={cancel}>
          {t("ui.cancel")}
        </Button>
      </span>
    );
  }
  return (
    <Menu
      groups={[
        {
          label: t("logs.exportAll", { count: total }),
          items: [
            { id: "csv", label: "CSV", detail: t("logs.csvHelp"), onSelect: () => start("csv") },
            { id: "ndjson", label: "NDJSON", detail: t("logs.ndjsonHelp"), onSelect: () => start("ndjson") },
          ],
        },
      ]}
    >
      <IconButton label={t("logs.export")} disabled={total === 0}>
        <Download size={15} aria-hidden />
      </IconButton>
    </Menu>
  );
}
