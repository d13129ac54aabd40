export { engineText } from "./engineText";
export { Notices } from "./Notices";
export { StatusBar } from "./StatusBar";
