import type { ReactNode } from "react";

/** The frame of the pages before sign-in. */
export function Front({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  return (
    <main className="grid h-full place-items-center overflow-y-auto px-5 py-10">
      <div className="w-full max-w-[340px]">
        <Mark />
        <h1 className="mt-6 text-xl font-semibold tracking-[-0.018em] text-balance">{title}</h1>
        {lead && <p className="mt-1 text-sm text-muted">{lead}</p>}
        <div className="mt-6">{children}</div>
      </div>
    </main>
  );
}

/** The sign of the product: two strokes that meet. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden className="text-accent-text">
      <path d="M5 19V5l14 14V5" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="5" cy="5" r="2" fill="currentColor" />
      <circle cx="19" cy="19" r="2" fill="currentColor" />
    </svg>
  );
}
