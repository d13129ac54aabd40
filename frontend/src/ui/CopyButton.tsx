import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useT } from "@/i18n";
import { Button, type ButtonSize } from "./Button";
import { copyText } from "./copyText";
import { IconButton } from "./IconButton";

interface Props {
  text: string | (() => string);
  label?: string;
  /** With words beside the picture. */
  words?: boolean;
  size?: ButtonSize;
}

export function CopyButton({ text, label, words = false, size = "sm" }: Props) {
  const t = useT();
  const [done, setDone] = useState(false);
  const copy = () => {
    void copyText(typeof text === "function" ? text() : text).then((ok) => {
      if (!ok) return;
      setDone(true);
      window.setTimeout(() => setDone(false), 1500);
    });
  };
  const icon = done ? <Check size={14} className="text-ok" aria-hidden /> : <Copy size={14} aria-hidden />;
  const name = done ? t("ui.copied") : (label ?? t("ui.copy"));
  if (words) {
    return (
      <Button size={size} icon={icon} onClick={copy}>
        <span aria-live="polite">{name}</span>
      </Button>
    );
  }
  return (
    <IconButton label={name} size={size} onClick={copy}>
      {icon}
    </IconButton>
  );
}
