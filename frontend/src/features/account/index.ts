export { Front, Mark } from "./Front";
export { PasswordInput } from "./PasswordInput";
export { Register } from "./Register";
export { SessionList } from "./SessionList";
export { SignIn } from "./SignIn";
