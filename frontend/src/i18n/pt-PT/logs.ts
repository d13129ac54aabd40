import type en from "../en/logs";
import type { Words } from "../words";

export default {
  title: "Registo de inferência",
} satisfies Words<typeof en>;
