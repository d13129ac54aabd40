import type en from "../en/hint";
import type { Words } from "../words";

export default {
  internal: "Tente de novo. Se continuar, refira o código a quem gere o servidor.",
  network: "Verifique se o NexusAI ainda está a funcionar nesta máquina ou no servidor e tente de novo.",
  reply: { invalid: "Recarregue a página; pode ser mais antiga do que o programa." },
  auth: { required: "Inicie sessão e tente de novo.", token_expired: "Inicie sessão de novo.", forbidden: "Peça a um administrador da sua organização." },
  rate: { limited: "Espere um momento e tente de novo.", runs: "Espere que uma termine ou pare uma delas." },
  quota: { unpriced: "Peça a um administrador que indique um preço ou que permita chamadas sem preço." },
  unavailable: "Tente de novo daqui a um momento.",
  timeout: "Tente de novo; uma pergunta mais pequena é mais rápida.",
  model: { unready: "Escolha outro modelo ou espere até estar pronto.", context_too_long: "Comece uma conversa nova ou escolha um modelo que leia mais." },
  upstream: { failed: "Tente de novo ou escolha outro modelo." },
  disk: { full: "Liberte espaço; nada do que foi guardado se perdeu." },
} satisfies Words<typeof en>;
