import * as Radix from "@radix-ui/react-toast";
import { Check, TriangleAlert, X } from "lucide-react";
import { createContext, useCallback, useContext, useState, type ReactNode } from "react";
import { useT } from "@/i18n";
import { Button } from "./Button";
import { problemHint, problemMessage, type ProblemLike } from "./problemText";

export interface ToastInput {
  title: string;
  detail?: string;
  tone?: "plain" | "ok" | "danger";
  /** Takes back what was just done. */
  undo?: () => void;
  action?: { label: string; run: () => void };
}

interface Shown extends ToastInput {
  key: number;
}

export interface Toasts {
  show(toast: ToastInput): void;
  /** Says what went wrong with something the user just did. */
  problem(problem: ProblemLike): void;
}

const ToastContext = createContext<Toasts>({ show: () => undefined, problem: () => undefined });
let nextKey = 0;
/** How long an undo can be reached; errors stay longer. ms */
const plainTime = 7000;
const dangerTime = 12_000;

export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useT();
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const show = useCallback((toast: ToastInput) => setShown((all) => [...all.slice(-2), { ...toast, key: nextKey++ }]), []);
  const problem = useCallback(
    (p: ProblemLike) => {
      const hint = problemHint(p);
      show({ title: problemMessage(p), tone: "danger", ...(hint ? { detail: hint } : {}) });
    },
    [show],
  );
  const [toasts] = useState<Toasts>(() => ({ show, problem }));
  const drop = (key: number) => setShown((all) => all.filter((toast) => toast.key !== key));

  return (
    <ToastContext value={toasts}>
      <Radix.Provider label={t("ui.notification")} swipeDirection="right">
        {children}
        {shown.map((toast) => (
          <Radix.Root
            key={toast.key}
            duration={toast.tone === "danger" ? dangerTime : plainTime}
            onOpenChange={(open) => !open && drop(toast.key)}
            className="flex w-[340px] max-w-[calc(100vw-24px)] animate-panel items-start gap-2.5 rounded-lg bg-overlay py-2.5 ps-3 pe-2 shadow-float"
          >
            {toast.tone === "danger" && <TriangleAlert size={15} className="mt-0.5 shrink-0 text-danger" aria-hidden />}
            {toast.tone === "ok" && <Check size={15} className="mt-0.5 shrink-0 text-ok" aria-hidden />}
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-sm font-medium wrap-anywhere">{toast.title}</Radix.Title>
              {toast.detail && <Radix.Description className="text-xs text-muted">{toast.detail}</Radix.Description>}
            </div>
            {toast.undo && (
              <Radix.Action asChild altText={t("ui.undo")}>
                <Button size="sm" onClick={toast.undo}>
                  {t("ui.undo")}
                </Button>
              </Radix.Action>
            )}
            {toast.action && (
              <Radix.Action asChild altText={toast.action.label}>
                <Button size="sm" onClick={toast.action.run}>
                  {toast.action.label}
                </Button>
              </Radix.Action>
            )}
            <Radix.Close aria-label={t("ui.close")} className="flex size-6 shrink-0 items-center justify-center rounded-md text-faint hover:bg-text/6 hover:text-text">
              <X size={14} aria-hidden />
            </Radix.Close>
          </Radix.Root>
        ))}
        <Radix.Viewport className="fixed end-3 top-14 z-60 flex list-none flex-col gap-2" />
      </Radix.Provider>
    </ToastContext>
  );
}

export const useToasts = (): Toasts => useContext(ToastContext);
