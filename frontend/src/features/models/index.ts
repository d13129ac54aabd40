export { holdsModel } from "./entries";
export { ModelsField } from "./ModelsField";
