import { useState } from "react";
import { useT } from "@/i18n";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import { Input } from "./Input";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** Names what will be lost. */
  description: string;
  /** The verb on the button: "Remove provider". */
  verb: string;
  /** When set, this name has to be typed: for what cannot be undone. */
  typeName?: string;
  busy?: boolean;
  onConfirm: () => void;
}

export function ConfirmDialog({ open, onOpenChange, title, description, verb, typeName, busy = false, onConfirm }: Props) {
  const t = useT();
  const [typed, setTyped] = useState("");
  const ready = typeName === undefined || typed.trim() === typeName;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        setTyped("");
        onOpenChange(next);
      }}
      title={title}
      description={description}
      width="sm"
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>{t("ui.cancel")}</Button>
          <Button tone="danger" busy={busy} disabled={!ready} onClick={onConfirm}>
            {verb}
          </Button>
        </>
      }
    >
      {typeName !== undefined && (
        <Field label={t("ui.typeToConfirm", { name: typeName })}>
          {(field) => <Input {...field} value={typed} onChange={(e) => setTyped(e.target.value)} autoComplete="off" spellCheck={false} />}
        </Field>
      )}
    </Dialog>
  );
}
