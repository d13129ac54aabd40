import type { ReactNode } from "react";

interface Props {
  icon?: ReactNode;
  title: string;
  /** One sentence: what would be here and how it gets here. */
  children?: ReactNode;
  /** The next step. */
  action?: ReactNode;
}

export function EmptyState({ icon, title, children, action }: Props) {
  return (
    <div className="flex min-h-60 flex-col items-center justify-center gap-1 px-6 py-12 text-center">
      {icon && <div className="mb-2 text-faint">{icon}</div>}
      <h2 className="text-sm font-semibold">{title}</h2>
      {children && <p className="max-w-[44ch] text-sm text-balance text-muted">{children}</p>}
      {action && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
