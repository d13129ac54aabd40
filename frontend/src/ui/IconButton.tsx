import type { ReactNode } from "react";
import { Button, type ButtonProps } from "./Button";
import { cx } from "./cx";
import { Tooltip } from "./Tooltip";

interface Props extends Omit<ButtonProps, "children" | "icon" | "aria-label"> {
  /** Read aloud and shown as the tooltip: the same words as in menu and palette. */
  label: string;
  keys?: readonly string[] | undefined;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactNode;
}

/** A square button with a picture; its tooltip names it. */
export function IconButton({ label, keys, side, className, size = "md", tone = "ghost", children, ...rest }: Props) {
  return (
    <Tooltip content={label} keys={keys} repeats {...(side ? { side } : {})}>
      <Button {...rest} size={size} tone={tone} aria-label={label} className={cx("aspect-square !px-0", className)}>
        {children}
      </Button>
    </Tooltip>
  );
}
