import type { Ref, TextareaHTMLAttributes } from "react";
import { cx } from "./cx";
import { controlLook } from "./Input";

interface Props extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  ref?: Ref<HTMLTextAreaElement>;
}

export function TextArea({ className, ...rest }: Props) {
  return <textarea {...rest} className={cx(controlLook, "min-h-16 resize-y px-2.5 py-1.5", className)} />;
}
