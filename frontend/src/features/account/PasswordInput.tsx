import { Eye, EyeOff } from "lucide-react";
import { useState, type InputHTMLAttributes, type Ref } from "react";
import { useT } from "@/i18n";
import { IconButton, Input } from "@/ui";

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, "size" | "type"> {
  ref?: Ref<HTMLInputElement>;
}

export function PasswordInput(props: Props) {
  const t = useT();
  const [shown, setShown] = useState(false);
  return (
    <Input
      {...props}
      size="lg"
      type={shown ? "text" : "password"}
      autoCapitalize="none"
      spellCheck={false}
      trailing={
        <IconButton size="sm" label={shown ? t("account.hidePassword") : t("account.showPassword")} onClick={() => setShown(!shown)}>
          {shown ? <EyeOff size={14} aria-hidden /> : <Eye size={14} aria-hidden />}
        </IconButton>
      }
    />
  );
}
