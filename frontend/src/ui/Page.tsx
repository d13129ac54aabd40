import type { ReactNode } from "react";

interface Props {
  title: string;
  /** One quiet line under the title. */
  lead?: ReactNode;
  /** Buttons and choices at the end of the head. */
  actions?: ReactNode;
  /** A reading column instead of the whole width. */
  narrow?: boolean;
  /** The content brings its own scrolling (a table). */
  fill?: boolean;
  children: ReactNode;
}

/** A page under its heading. */
export function Page({ title, lead, actions, narrow = false, fill = false, children }: Props) {
  return (
    <main id="content" tabIndex={-1} className="flex h-full min-h-0 min-w-0 flex-1 flex-col">
      <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-5 py-2">
        <div className="min-w-40 flex-1">
          <h1 className="truncate text-base font-semibold tracking-[-0.012em]">{title}</h1>
          {lead && <p className="text-xs text-muted">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {fill ? (
        <div className="flex min-h-0 flex-1 flex-col">{children}</div>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto">
          <div className={narrow ? "mx-auto max-w-[680px] px-5 py-6" : "px-5 py-5"}>{children}</div>
        </div>
      )}
    </main>
  );
}
