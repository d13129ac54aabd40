export { DiagnosticsPage } from "./DiagnosticsPage";
