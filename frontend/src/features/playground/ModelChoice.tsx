import { Plus, X } from "lucide-react";
import { useMemo, useState } from "react";
import type { Model } from "@/api";
import { useT } from "@/i18n";
import { Button, Dot, FamilyBadge, familyOf, Input, Popover } from "@/ui";
import { mostModels } from "./chosen";

interface Props {
  chosen: readonly string[];
  models: readonly Model[];
  onChange: (chosen: string[]) => void;
}

/** A list longer than this has a search field. */
const searchFrom = 9;

/** Which models answer: up to four, each a chip that can be taken away. */
export function ModelChoice({ chosen, models, onChange }: Props) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const others = useMemo(() => models.filter((model) => model.kind === "chat" && !chosen.includes(model.id)), [models, chosen]);
  const wanted = text.trim().toLowerCase();
  const fits = others.filter((model) => wanted === "" || `${model.id} ${model.name}`.toLowerCase().includes(wanted));
  const add = (id: string) => {
    onChange([...chosen, id]);
    setText("");
    if (chosen.length + 1 >= mostModels) setOpen(false);
  };
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-1.5">
      <ul aria-label={t("playground.models")} className="contents">
        {chosen.map((id) => (
          <li key={id} className="flex h-7 max-w-60 min-w-0 items-center gap-1.5 rounded-md bg-text/6 ps-2 text-sm">
            <FamilyBadge family={models.find((model) => model.id === id)?.family ?? familyOf(id)} />
            <bdi className="truncate font-medium" title={id}>{id}</bdi>
            <Button tone="ghost" size="sm" className="!px-1" aria-label={t("playground.remove", { model: id })} onClick={() => onChange(chosen.filter((one) => one !== id))}>
              <X size={13} aria-hidden />
            </Button>
          </li>
        ))}
      </ul>
      {chosen.length < mostModels && others.length > 0 && (
        <Popover
          open={open}
          onOpenChange={setOpen}
          label={t("playground.add")}
          trigger={<Button tone="ghost" icon={<Plus size={14} aria-hidden />}>{t("playground.add")}</Button>}
        >
          {others.length >= searchFrom && (
            <div className="border-b border-line p-2">
              <Input type="search" aria-label={t("playground.find")} placeholder={t("playground.find")} value={text} onChange={(e) => setText(e.target.value)} autoFocus />
            </div>
          )}
          <ul aria-label={t("playground.add")} className="max-h-72 overflow-y-auto p-1">
            {fits.map((model) => (
              <li key={model.id}>
                <button type="button" onClick={() => add(model.id)} className="flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-start text-sm hover:bg-text/6 focus-visible:-outline-offset-2">
                  <FamilyBadge family={model.family} />
                  <span className="min-w-0 flex-1">
                    <bdi className="block truncate">{model.id}</bdi>
                    <span className="block truncate text-xs text-muted">{model.state === "ready" ? model.provider : model.detail || t(`playground.${model.state}`)}</span>
                  </span>
                  {model.state !== "ready" && <Dot tone={model.state === "starting" ? "info" : "warn"} />}
                </button>
              </li>
            ))}
            {fits.length === 0 && <li className="px-2 py-3 text-sm text-muted">{t("ui.nothingFits", { text })}</li>}
          </ul>
        </Popover>
      )}
    </div>
  );
}
