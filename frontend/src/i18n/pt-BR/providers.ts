import type en from "../en/providers";
import type { Words } from "../words";

export default {
  title: "Fornecedores",
} satisfies Words<typeof en>;
