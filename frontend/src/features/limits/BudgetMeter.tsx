import type { Budget } from "@/api";
import { useFormat, useT } from "@/i18n";
import { cx } from "@/ui";
import { markOf, shareOf, type Mark } from "./amount";

/** Rounded down: a budget with something left is not at 100%. */
const wholePercent = (share: number): number => Math.floor(Math.min(9.99, share) * 100 + 1e-9) / 100;

const looks: Record<Mark, string> = { calm: "bg-accent", half: "bg-accent", near: "bg-warn", spent: "bg-danger" };

/** Spent, and hatched behind it what is reserved for calls under way. */
export function BudgetMeter({ budget, large = false }: { budget: Budget; large?: boolean }) {
  const t = useT();
  const format = useFormat();
  const mark = markOf(budget);
  const of = (nano: number) => (budget.amount_nano_usd > 0 ? Math.min(100, (nano / budget.amount_nano_usd) * 100) : 100);
  const spent = of(budget.spent_nano_usd);
  const reserved = Math.min(100 - spent, of(budget.reserved_nano_usd));
  return (
    <span className="flex items-center gap-3">
      <span
        role="meter"
        aria-label={t("limits.used")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.min(100, Math.round(shareOf(budget) * 100))}
        aria-valuetext={t("limits.meter", { spent: format.money(budget.spent_nano_usd), reserved: format.money(budget.reserved_nano_usd), left: format.money(Math.max(0, budget.left_nano_usd)) })}
        className={cx("flex min-w-12 flex-1 overflow-hidden rounded-full bg-text/8", large ? "h-2.5" : "h-1.5")}
      >
        <span className={looks[mark]} style={{ width: `${spent}%` }} />
        <span className={cx("opacity-45", looks[mark])} style={{ width: `${reserved}%`, maskImage: "repeating-linear-gradient(135deg, #000 0 2px, transparent 2px 4px)" }} />
      </span>
      <span className={cx("num w-12 text-end", mark === "spent" ? "font-medium text-danger" : mark === "near" ? "font-medium text-warn" : "text-muted")}>{format.percent(wholePercent(shareOf(budget)))}</span>
    </span>
  );
}
