export { LimitsPage } from "./LimitsPage";
