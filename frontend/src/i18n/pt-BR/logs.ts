import type en from "../en/logs";
import type { Words } from "../words";

export default {
  title: "Registros de inferência",
} satisfies Words<typeof en>;
