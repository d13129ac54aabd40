import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type FormEvent, type RefObject } from "react";
import { adminKeys, problemOf, setPrice, type NewPriceOverride, type PricedModel } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Button, Drawer, ErrorState, Field, Input, useToasts } from "@/ui";
import { dollarsOf, dollarText, priceLine } from "./price";

type Name = "input_nano_usd" | "cached_nano_usd" | "cache_write_nano_usd" | "output_nano_usd" | "reasoning_nano_usd";
const names: readonly Name[] = ["input_nano_usd", "cached_nano_usd", "cache_write_nano_usd", "output_nano_usd", "reasoning_nano_usd"];

/** A model's price: what holds, a new one from now on, and all that were set by hand. */
export function PriceDrawer({ model, onClose }: { model: PricedModel; onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const toasts = useToasts();
  const client = useQueryClient();
  const may = useCan("providers.write") && model.provider !== "";
  const fields: Record<Name, RefObject<HTMLInputElement | null>> = { input_nano_usd: useRef(null), cached_nano_usd: useRef(null), cache_write_nano_usd: useRef(null), output_nano_usd: useRef(null), reasoning_nano_usd: useRef(null) };
  const note = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<Name>();
  const save = useMutation({
    mutationFn: (price: NewPriceOverride) => setPrice(price),
    onSuccess: () => {
      for (const queryKey of [adminKeys.providers, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      toasts.show({ tone: "ok", title: t("providers.priceSaved", { name: model.upstream }), detail: t("providers.priceSavedText") });
    },
  });
  const of = { provider_id: model.provider_id, upstream: model.upstream };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const values = names.map((name) => [name, dollarsOf(fields[name].current?.value ?? "")] as const);
    const bad = values.find(([, value]) => Number.isNaN(value))?.[0] ?? (values.every(([, value]) => value === undefined) ? "input_nano_usd" : undefined);
    setWrong(bad);
    if (bad) return fields[bad].current?.focus();
    const words = note.current?.value.trim();
    save.mutate({ ...of, ...Object.fromEntries(values.filter(([, value]) => value !== undefined)), ...(words ? { note: words } : {}) });
  };
  return (
    <Drawer open onOpenChange={onClose} width={480} title={t("providers.priceOf", { name: model.upstream })}>
      <div className="flex flex-col gap-6">
        <p className="text-sm">
          {priceLine(model.now, t, format)} <span className="text-muted">{t(`providers.sources.${model.now.source}`, { defaultValue: model.now.source })}</span>
          {model.now.source === "override" && model.catalogue && <span className="block text-xs text-muted">{t("providers.catalogueSays", { price: priceLine(model.catalogue, t, format) })}</span>}
        </p>
        {may && (
          <form onSubmit={submit} noValidate aria-label={t("providers.setPrice")} className="flex flex-col gap-3">
            <h3 className="text-sm font-medium">{t("providers.setPrice")}</h3>
            <div className="grid gap-3 sm:grid-cols-2">
              {names.map((name) => (
                <Field key={name} label={t(`providers.rates.${name}`)} error={wrong === name ? t("providers.priceInvalid") : undefined}>
                  {(field) => <Input {...field} ref={fields[name]} inputMode="decimal" leading="$" defaultValue={dollarText(model.now[name], format)} onChange={() => setWrong(undefined)} />}
                </Field>
              ))}
              <Field label={t("providers.note")} optional={t("ui.optional")}>
                {(field) => <Input {...field} ref={note} maxLength={500} />}
              </Field>
            </div>
            <p className="text-xs text-muted">{t("providers.setPriceHelp")}</p>
            {save.isError && <ErrorState inline problem={problemOf(save.error)} />}
            <div className="flex justify-end gap-2">
              {model.now.source === "override" && <Button busy={save.isPending} onClick={() => save.mutate({ ...of, withdrawn: true })}>{t("providers.backToCatalogue")}</Button>}
              <Button type="submit" tone="primary" busy={save.isPending}>{t("providers.setPriceNow")}</Button>
            </div>
          </form>
        )}
        <section className="flex flex-col gap-2">
          <h3 className="text-sm font-medium">{t("providers.history")}</h3>
          {model.history.length === 0 ? (
            <p className="text-sm text-muted">{t("providers.noHistory")}</p>
          ) : (
            <ol className="flex flex-col gap-2 text-sm">
              {model.history.map((one) => (
                <li key={one.id} className="border-s-2 border-line-strong ps-3">
                  <span className="num">{one.withdrawn ? t("providers.withdrawn") : priceLine(one, t, format)}</span>
                  <span className="num block text-xs text-muted">{t("providers.fromBy", { time: format.full(one.valid_from), name: one.created_by })}</span>
                  {one.note && <span className="block text-xs wrap-anywhere text-muted">{one.note}</span>}
                </li>
              ))}
            </ol>
          )}
        </section>
      </div>
    </Drawer>
  );
}
