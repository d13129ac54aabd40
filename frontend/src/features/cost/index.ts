export { CostPage } from "./CostPage";
