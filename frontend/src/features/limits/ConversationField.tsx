import { useState } from "react";
import { useT } from "@/i18n";
import { Field, Input, Select, type Option } from "@/ui";
import { conversationOf } from "./conversation";

interface Props {
  /** What was typed, or the value of `each`. */
  value: string;
  each: Option<string>;
  onChange: (text: string) => void;
  error: string | undefined;
}

/** Each conversation by itself, or one: nobody but its owner can list it, so it is named by its id or its address. */
export function ConversationField({ value, each, onChange, error }: Props) {
  const t = useT();
  const [left, setLeft] = useState(false);
  const one = value !== each.value;
  const meant = conversationOf(value);
  const wrong = left && value.trim() !== "" && "wrong" in meant ? t(`limits.conversationWrong.${meant.wrong}`) : undefined;
  return (
    <>
      <Field label={t("limits.which")} error={one ? undefined : error}>
        {(field) => <Select {...field} size="lg" value={one ? "" : each.value} onChange={onChange} options={[{ value: "", label: t("limits.oneConversation") }, each]} />}
      </Field>
      {one && (
        <div className="sm:col-span-2">
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
        </div>
      )}
    </>
  );
}
