import { useQuery } from "@tanstack/react-query";
import { Check, ChevronDown } from "lucide-react";
import { useMemo, useState } from "react";
import { modelsQuery, problemOf, type Model } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, cx, Dot, ErrorState, FamilyBadge, familyOf, Popover, Spinner } from "@/ui";

interface Props {
  value: string;
  onChange: (model: string) => void;
  serverName: string;
}

/** What to ask: models on this device and on the server, each with its state. */
export function ModelPicker({ value, onChange, serverName }: Props) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const models = useQuery(modelsQuery());
  const chat = useMemo(() => (models.data ?? []).filter((m) => m.kind === "chat"), [models.data]);
  const chosen = chat.find((m) => m.id === value);
  const name = chosen?.name ?? (value || t("chat.composer.chooseModel"));
  const groups = [
    { id: "local", label: t("chat.composer.local"), models: chat.filter((m) => m.local) },
    { id: "server", label: serverName ? t("chat.composer.server", { name: serverName }) : t("chat.composer.serverPlain"), models: chat.filter((m) => !m.local) },
  ].filter((g) => g.models.length > 0);
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      side="top"
      align="start"
      width={320}
      label={t("chat.composer.model")}
      trigger={
        <Button tone="ghost" size="sm" aria-label={`${t("chat.composer.model")}: ${name}`} className="max-w-[240px] min-w-0 shrink !gap-1.5">
          {(chosen ?? value) && <FamilyBadge family={chosen?.family ?? familyOf(value)} />}
          <span className="truncate">{name}</span>
          {chosen?.state === "starting" && <Spinner label={t("chat.composer.starting")} className="size-3" />}
          {chosen?.state === "unready" && <Dot tone="warn" />}
          <ChevronDown size={13} className="shrink-0 text-faint" aria-hidden />
        </Button>
      }
    >
      {models.isError && chat.length === 0 ? (
        <div className="p-3">
          <ErrorState inline problem={problemOf(models.error)} onRetry={() => void models.refetch()} retrying={models.isFetching} />
        </div>
      ) : chat.length === 0 ? (
        <div className="px-4 py-5 text-center">
          <div className="font-medium">{t("chat.composer.noModels")}</div>
          <p className="mt-0.5 text-xs text-balance text-muted">{t("chat.composer.noModelsText")}</p>
        </div>
      ) : (
        <div role="listbox" aria-label={t("chat.composer.model")} className="p-1">
          {groups.map((group) => (
            <div key={group.id} role="group" aria-label={group.label}>
              <div className="px-2 pt-2 pb-1 text-2xs font-medium text-faint">{group.label}</div>
              {group.models.map((model) => (
                <ModelOption
                  key={model.id}
                  model={model}
                  chosen={model.id === value}
                  onChoose={() => {
                    onChange(model.id);
                    setOpen(false);
                  }}
                />
              ))}
            </div>
          ))}
        </div>
      )}
    </Popover>
  );
}

function ModelOption({ model, chosen, onChoose }: { model: Model; chosen: boolean; onChoose: () => void }) {
  const t = useT();
  const format = useFormat();
  const priced = (model.input_nano_usd ?? 0) > 0 || (model.output_nano_usd ?? 0) > 0;
  const facts = [
    model.local ? t("chat.composer.free") : model.provider,
    model.context_tokens ? t("chat.composer.context", { n: format.compact(model.context_tokens) }) : "",
    priced ? `${format.money(model.input_nano_usd ?? 0)} / ${format.money(model.output_nano_usd ?? 0)}` : "",
  ].filter(Boolean);
  return (
    <button
      type="button"
      role="option"
      aria-selected={chosen}
      onClick={onChoose}
      title={priced ? t("chat.composer.price", { input: format.money(model.input_nano_usd ?? 0), output: format.money(model.output_nano_usd ?? 0) }) : undefined}
      className="flex w-full items-start gap-2.5 rounded-md px-2 py-1.5 text-start hover:bg-text/6 focus-visible:-outline-offset-2"
    >
      <FamilyBadge family={model.family} className="mt-0.5" />
      <span className="min-w-0 flex-1">
        <span className={cx("block truncate text-sm", model.state === "unready" ? "text-muted" : "text-text")}>{model.name}</span>
        <span className="block truncate text-xs text-faint">{facts.join(" · ")}</span>
        {model.state !== "ready" && (
          <span className="mt-0.5 flex items-center gap-1.5 text-xs text-muted">
            <Dot tone={model.state === "starting" ? "info" : "warn"} pulse={model.state === "starting"} />
            {model.detail || t(model.state === "starting" ? "chat.composer.starting" : "chat.composer.unready")}
          </span>
        )}
      </span>
      {chosen && <Check size={15} className="mt-0.5 shrink-0 text-accent-text" aria-hidden />}
    </button>
  );
}
