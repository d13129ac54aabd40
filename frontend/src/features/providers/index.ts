export { ProvidersPage } from "./ProvidersPage";
