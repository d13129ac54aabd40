export { BudgetDialog } from "./BudgetDialog";
export { BudgetMeter } from "./BudgetMeter";
export { LimitsPage } from "./LimitsPage";
export { shareOf } from "./amount";
