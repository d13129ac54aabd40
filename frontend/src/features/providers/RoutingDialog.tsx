import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, chatKeys, faultAt, problemOf, saveRouting, type Role, type RoutingPolicy } from "@/api";
import { ModelsField } from "@/features/models";
import { useT } from "@/i18n";
import { Button, Dialog, ErrorState, Field, Input, useToasts } from "@/ui";
import { CapFields } from "./CapFields";
import { capsOf, wordsOf, type Cap } from "./rules";

const roles: readonly Role[] = ["owner", "admin", "developer", "member", "auditor"];
/** As many entries as the list of a role can have. */
const mostModels = 200;

/** What holds for all of the team's calls: where they may go, what they may cost, and which models a role may use. */
export function RoutingDialog({ policy, onClose }: { policy: RoutingPolicy; onClose: () => void }) {
  const t = useT();
  const toasts = useToasts();
  const client = useQueryClient();
  const form = useId();
  const regions = useRef<HTMLInputElement>(null);
  const caps: Record<Cap, typeof regions> = { max_input_nano_usd: useRef(null), max_output_nano_usd: useRef(null) };
  const [lists, setLists] = useState<Partial<Record<Role, string[]>>>(() => Object.fromEntries(policy.roles.map((one) => [one.role, [...one.models]])));
  const [wrong, setWrong] = useState<{ cap?: Cap; role?: Role }>({});
  const save = useMutation({
    mutationFn: (next: RoutingPolicy) => saveRouting(next),
    onSuccess: () => {
      for (const queryKey of [adminKeys.providers, adminKeys.audit, chatKeys.models]) void client.invalidateQueries({ queryKey });
      toasts.show({ tone: "ok", title: t("providers.rulesSaved"), detail: t("providers.rulesSavedText") });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const cap = capsOf({ max_input_nano_usd: caps.max_input_nano_usd.current?.value ?? "", max_output_nano_usd: caps.max_output_nano_usd.current?.value ?? "" });
    const empty = roles.find((role) => lists[role]?.length === 0);
    setWrong({ ...(typeof cap === "string" ? { cap } : {}), ...(empty ? { role: empty } : {}) });
    if (typeof cap === "string") return caps[cap].current?.focus();
    if (empty) return;
    save.mutate({ regions: wordsOf(regions.current?.value ?? ""), ...cap, roles: roles.flatMap((role) => (lists[role] ? [{ role, models: lists[role] }] : [])) });
  };
  const set = (role: Role) => (models: string[] | undefined) => {
    setWrong({});
    setLists(({ [role]: _old, ...rest }) => (models ? { ...rest, [role]: models } : rest));
  };
  return (
    <Dialog
      open
      firm
      width="lg"
      onOpenChange={onClose}
      title={t("providers.rules")}
      description={t("providers.rulesText")}
      footer={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" form={form} tone="primary" busy={save.isPending}>{t("providers.saveRules")}</Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-5">
        <div className="grid gap-4 sm:grid-cols-3">
          <Field label={t("providers.regions")} optional={t("ui.optional")} help={t("providers.rulesRegionsHelp")} error={faultAt(save.error, "body.regions")}>
            {(field) => <Input {...field} ref={regions} size="lg" autoCapitalize="none" spellCheck={false} defaultValue={policy.regions.join(", ")} />}
          </Field>
          <CapFields fields={caps} caps={policy} wrong={wrong.cap} onChange={() => setWrong({})} />
        </div>
        <section aria-label={t("providers.roleModels")} className="flex flex-col gap-4 border-t border-line pt-4">
          <p className="text-sm text-muted">{t("providers.roleModelsHelp")}</p>
          {roles.map((role) => (
            <ModelsField key={role} label={t(`console.role.${role}`)} value={lists[role]} most={mostModels} onChange={set(role)} error={wrong.role === role ? t("models.needed") : undefined} />
          ))}
        </section>
        {save.isError && faultAt(save.error, "body.regions") === undefined && <ErrorState inline problem={problemOf(save.error)} />}
      </form>
    </Dialog>
  );
}
