import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { modelsQuery } from "@/api";
import { useT } from "@/i18n";
import { Checkbox, FamilyBadge, familyOf, Input, Segmented } from "@/ui";
import { choicesOf, holdsModel } from "./entries";

interface Props {
  label: string;
  help?: string;
  /** The only models, or undefined for any. */
  value: readonly string[] | undefined;
  onChange: (value: string[] | undefined) => void;
  error?: string | undefined;
  /** As many entries as the host takes. */
  most: number;
}

/** Any model, or only some: by name, or all that begin with a text. */
export function ModelsField({ label, help, value, onChange, error, most }: Props) {
  const t = useT();
  const [text, setText] = useState("");
  const models = useQuery(modelsQuery());
  const offered = (models.data ?? []).map((model) => model.id);
  const chosen = value ?? [];
  const fits = choicesOf(offered, chosen, text);
  const typed = text.trim();
  const full = chosen.length >= most;
  const add = (name: string) => {
    if (!chosen.includes(name) && !full) onChange([...chosen, name]);
    setText("");
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || typed === "") return;
    event.preventDefault(); // it adds; the form is not sent
    add(fits.find((name) => name.toLowerCase() === typed.toLowerCase()) ?? typed);
  };
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="text-sm font-medium" aria-hidden>{label}</span>
        <Segmented size="sm" label={label} value={value ? "some" : "any"} onChange={(next) => onChange(next === "any" ? undefined : [...chosen])} options={[{ value: "any", label: t("models.any") }, { value: "some", label: t("models.some") }]} />
      </div>
      {value && (
        <div className="flex flex-col rounded-md hairline">
          <div className="border-b border-line p-1.5">
            <Input type="search" aria-label={t("models.find")} placeholder={t("models.find")} leading={<Search size={14} aria-hidden />} value={text} maxLength={200} autoCapitalize="none" spellCheck={false} onChange={(event) => setText(event.target.value)} onKeyDown={onKey} />
          </div>
          <ul aria-label={label} className="max-h-44 overflow-y-auto px-2.5 py-1.5">
            {fits.map((name) => (
              <li key={name} className="py-1">
                <Checkbox
                  checked={chosen.includes(name)}
                  disabled={full && !chosen.includes(name)}
                  onChange={(on) => (on ? add(name) : onChange(chosen.filter((one) => one !== name)))}
                  label={
                    <span className="flex min-w-0 items-center gap-2">
                      <span aria-hidden className="flex"><FamilyBadge family={familyOf(name)} /></span>
                      <bdi className="min-w-0 wrap-anywhere">{name}</bdi>
                      {name.endsWith("*") && <span className="shrink-0 text-xs text-muted">{t("models.pattern", { count: offered.filter((one) => holdsModel([name], one)).length })}</span>}
                    </span>
                  }
                />
              </li>
            ))}
            {fits.length === 0 && typed === "" && <li className="py-1 text-sm text-muted">{models.isPending ? t("ui.loading") : t("models.none")}</li>}
            {typed !== "" && !fits.includes(typed) && !full && (
              <li className="py-1">
                <button type="button" onClick={() => add(typed)} className="rounded-sm text-start text-sm font-medium wrap-anywhere text-accent-text hover:underline">
                  {t("models.addTyped", { name: typed })}
                </button>
              </li>
            )}
          </ul>
        </div>
      )}
      {(error || help) && (
        <p role={error ? "alert" : undefined} className={error ? "text-xs text-danger" : "text-xs text-muted"}>
          {error ?? help}
        </p>
      )}
    </div>
  );
}
