import type { RefObject } from "react";
import { useFormat, useT } from "@/i18n";
import { Field, Input } from "@/ui";
import { dollarText } from "./price";
import type { Cap, Caps } from "./rules";

interface Props {
  fields: Record<Cap, RefObject<HTMLInputElement | null>>;
  caps: Caps;
  wrong: Cap | undefined;
  onChange: () => void;
}

/** The most that a million tokens may cost, in and out; empty is no cap. */
export function CapFields({ fields, caps, wrong, onChange }: Props) {
  const t = useT();
  const format = useFormat();
  const field = (name: Cap, label: string) => (
    <Field label={label} help={t("providers.capHelp")} error={wrong === name ? t("providers.priceInvalid") : undefined}>
      {(state) => <Input {...state} ref={fields[name]} size="lg" inputMode="decimal" leading="$" defaultValue={dollarText(caps[name], format)} onChange={onChange} />}
    </Field>
  );
  return (
    <>
      {field("max_input_nano_usd", t("providers.capInput"))}
      {field("max_output_nano_usd", t("providers.capOutput"))}
    </>
  );
}
