import { useState } from "react";
import { useT } from "@/i18n";
import { Field, Input } from "@/ui";
import { conversationOf } from "./conversation";

interface Props {
  value: string;
  onChange: (text: string) => void;
  error: string | undefined;
}

/** Which conversation: nobody but its owner can list it, so it is named by its id or its address. */
export function ConversationField({ value, onChange, error }: Props) {
  const t = useT();
  const [left, setLeft] = useState(false);
  const meant = conversationOf(value);
  const wrong = left && value.trim() !== "" && "wrong" in meant ? t(`limits.conversationWrong.${meant.wrong}`) : undefined;
  return (
    <Field label={t("limits.conversation")} error={wrong ?? error} help={t("limits.conversationHelp")}>
      {(field) => (
        <Input
          {...field} size="lg" value={value} maxLength={500} spellCheck={false} autoCapitalize="none" autoComplete="off"
          onChange={(event) => {
            setLeft(false);
            onChange(event.target.value);
          }}
          onBlur={() => setLeft(true)}
        />
      )}
    </Field>
  );
}
