import type en from "../en/audit";
import type { Words } from "../words";

export default {
  title: "Auditoria",
} satisfies Words<typeof en>;
