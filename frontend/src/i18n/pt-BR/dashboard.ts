import type en from "../en/dashboard";
import type { Words } from "../words";

export default {
  title: "Painel",
} satisfies Words<typeof en>;
