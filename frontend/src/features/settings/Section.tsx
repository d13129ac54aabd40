import { useId, type ReactNode } from "react";

export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="mb-9">
      <h2 id={id} className="mb-1 border-b border-line pb-2 text-sm font-semibold">
        {title}
      </h2>
      {children}
    </section>
  );
}

/** A setting: its name and help on the left, its control on the right. */
export function SettingRow({ label, help, children }: { label: string; help?: string; children: (ids: { id: string; "aria-describedby"?: string; "aria-label": string }) => ReactNode }) {
  const id = useId();
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-x-6 gap-y-2 border-b border-line py-2.5 last:border-0">
      <div className="min-w-52 flex-1">
        <label htmlFor={id} className="text-sm">
          {label}
        </label>
        {help && (
          <p id={`${id}-help`} className="max-w-[52ch] text-xs text-muted">
            {help}
          </p>
        )}
      </div>
      {children({ id, "aria-label": label, ...(help ? { "aria-describedby": `${id}-help` } : {}) })}
    </div>
  );
}
