import { Columns3, Download } from "lucide-react";
import type { ReactNode } from "react";
import { useFormat, useT } from "@/i18n";
import { IconButton } from "../IconButton";
import { Menu } from "../Menu";
import type { Column } from "./column";
import { download, toCsv } from "./csv";

interface Props<Row> {
  id: string;
  columns: readonly Column<Row>[];
  hidden: readonly string[];
  onHidden: (ids: string[]) => void;
  rows: readonly Row[];
  exporter?: ReactNode;
  children?: ReactNode;
}

export function TableTools<Row>({ id, columns, hidden, onHidden, rows, exporter, children }: Props<Row>) {
  const t = useT();
  const format = useFormat();
  const save = () => {
    const written = columns.filter((c) => !c.silent);
    const header = written.map((c) => (c.unit ? `${c.header} (${c.unit})` : c.header));
    download(`nexusai-${id}.csv`, toCsv(header, rows.map((row) => written.map((c) => c.value(row))), format.typed));
  };
  const toggle = (column: string) => onHidden(hidden.includes(column) ? hidden.filter((h) => h !== column) : [...hidden, column]);
  return (
    <div className="flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-2">{children}</div>
      <div className="flex items-center">
        {exporter ?? (
          <IconButton label={t("ui.exportCsv")} onClick={save} disabled={rows.length === 0}>
            <Download size={15} aria-hidden />
          </IconButton>
        )}
        <Menu groups={[{ label: t("ui.columns"), items: columns.filter((c) => !c.fixed).map((c) => ({ id: c.id, label: c.header, checked: !hidden.includes(c.id), onSelect: () => toggle(c.id) })) }]}>
          <IconButton label={t("ui.chooseColumns")}>
            <Columns3 size={15} aria-hidden />
          </IconButton>
        </Menu>
      </div>
    </div>
  );
}
