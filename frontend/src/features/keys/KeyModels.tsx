import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { adminKeys, patchKey, problemOf, type Key } from "@/api";
import { ModelsField } from "@/features/models";
import { useT } from "@/i18n";
import { Button, ErrorState, useToasts } from "@/ui";
import { listOf, mostModels } from "./models";

interface Props {
  apiKey: Key;
  onClose: () => void;
}

/** Which models a key may ask for, being changed. */
export function KeyModels({ apiKey: key, onClose }: Props) {
  const t = useT();
  const toasts = useToasts();
  const client = useQueryClient();
  const [models, setModels] = useState(listOf(key));
  const [wrong, setWrong] = useState<string>();
  const save = useMutation({
    mutationFn: () => patchKey(key.id, { models: models ?? [] }),
    onSuccess: (saved) => {
      for (const queryKey of [adminKeys.keys, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      toasts.show({ tone: "ok", title: t("keys.modelsSaved", { name: saved.name }), detail: t("keys.modelsSavedText") });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (models?.length === 0) return setWrong(t("models.needed"));
    save.mutate();
  };
  return (
    <form onSubmit={submit} noValidate aria-label={t("keys.changeModels")} className="flex flex-col gap-3 rounded-md bg-text/4 p-3">
      <ModelsField
        label={t("keys.models")} help={t("keys.modelsHelp")} value={models} most={mostModels} error={wrong}
        onChange={(next) => {
          setModels(next);
          setWrong(undefined);
        }}
      />
      {save.isError && <ErrorState inline problem={problemOf(save.error)} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("ui.cancel")}</Button>
        <Button type="submit" tone="primary" busy={save.isPending}>{t("keys.saveModels")}</Button>
      </div>
    </form>
  );
}
