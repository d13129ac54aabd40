import type en from "../en/hint";
import type { Words } from "../words";

export default {
  internal: "Tente de novo. Se continuar, informe o código a quem administra o servidor.",
  network: "Verifique se o NexusAI ainda está funcionando nesta máquina ou no servidor e tente de novo.",
  reply: { invalid: "Recarregue a página; ela pode ser mais antiga do que o programa." },
  auth: { required: "Entre e tente de novo.", token_expired: "Entre de novo.", forbidden: "Peça a um administrador da sua organização." },
  rate: { limited: "Espere um momento e tente de novo.", runs: "Espere uma terminar ou pare uma delas." },
  quota: { unpriced: "Peça a um administrador para informar um preço ou permitir chamadas sem preço." },
  unavailable: "Tente de novo em instantes.",
  timeout: "Tente de novo; uma pergunta menor é mais rápida.",
  model: { unready: "Escolha outro modelo ou espere até que fique pronto.", context_too_long: "Comece uma nova conversa ou escolha um modelo que leia mais." },
  upstream: { failed: "Tente de novo ou escolha outro modelo." },
  disk: { full: "Libere espaço; nada do que foi salvo se perdeu." },
} satisfies Words<typeof en>;
