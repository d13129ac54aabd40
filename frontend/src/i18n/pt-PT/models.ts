import type en from "../en/models";
import type { Words } from "../words";

export default {
  any: "Qualquer modelo",
  some: "Só estes",
  find: "Procure um modelo ou escreva gpt-*",
  none: "Ainda não é oferecido nenhum modelo. Escreva um nome para o adicionar.",
  pattern_zero: "nenhum modelo agora",
  pattern_one: "{{count, number}} modelo agora",
  pattern_other: "{{count, number}} modelos agora",
  addTyped: "Adicionar “{{name}}”",
  needed: "Escolha pelo menos um, ou qualquer modelo.",
} satisfies Words<typeof en>;
