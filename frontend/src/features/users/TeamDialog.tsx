import { useMutation } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { createTeam, faultAt, hasCode, problemOf, renameTeam, type Team } from "@/api";
import { useT } from "@/i18n";
import { Button, Dialog, ErrorState, Field, Input } from "@/ui";
import { useTeamsChanged } from "./useTeamsChanged";

interface Props {
  /** Absent to create one. */
  team?: Team;
  onClose: () => void;
  onSaved: (team: Team) => void;
}

/** What a team is called. */
export function TeamDialog({ team, onClose, onSaved }: Props) {
  const t = useT();
  const form = useId();
  const name = useRef<HTMLInputElement>(null);
  const changed = useTeamsChanged();
  const [wrong, setWrong] = useState<string>();
  const save = useMutation({
    mutationFn: (text: string) => (team ? renameTeam(team.id, text) : createTeam({ name: text })),
    onSuccess: async (saved) => {
      await changed();
      onSaved(saved);
    },
    onError: () => name.current?.focus(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const text = name.current?.value.trim() ?? "";
    setWrong(text === "" ? t("ui.required") : undefined);
    if (text === "") return name.current?.focus();
    save.mutate(text);
  };
  const refused = hasCode(save.error, "conflict") ? t("users.teamTaken") : faultAt(save.error, "body.name");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={team ? t("users.renameTeam") : t("users.createTeam")}
      description={team ? undefined : t("users.createTeamText")}
      width="sm"
      footer={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" form={form} tone="primary" busy={save.isPending}>
            {team ? t("ui.save") : t("users.createTeam")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        <Field label={t("users.teamName")} error={wrong ?? refused}>
          {(field) => <Input {...field} ref={name} size="lg" autoFocus autoComplete="off" maxLength={120} defaultValue={team?.name} onChange={() => { setWrong(undefined); save.reset(); }} />}
        </Field>
        {save.isError && !refused && <ErrorState inline problem={problemOf(save.error)} />}
      </form>
    </Dialog>
  );
}
