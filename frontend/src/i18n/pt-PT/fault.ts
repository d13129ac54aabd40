import type en from "../en/fault";
import type { Words } from "../words";

export default {
  internal: "Algo se avariou do nosso lado.",
  network: "O NexusAI não está acessível.",
  reply: { invalid: "Não foi possível compreender a resposta." },
  request: { invalid: "Algo no pedido não está certo.", too_large: "Isto é grande demais para enviar.", lossy: "Nenhum fornecedor consegue transmitir este pedido por inteiro." },
  auth: { required: "Inicie sessão primeiro.", token_expired: "A sua sessão terminou.", forbidden: "A sua função não permite isto." },
  not_found: "Não existe, ou já não existe.",
  conflict: "Alguém mudou isto entretanto.",
  gone: "Isto foi eliminado.",
  rate: {
    limited: "Demasiados pedidos ao mesmo tempo.",
    playground: "Já tem em curso na bancada tantas respostas quantas pode ter ao mesmo tempo.",
    runs: "Tem demasiadas respostas em curso.",
    teamRuns: "A sua equipa tem demasiadas respostas em curso.",
  },
  quota: { spent: "Um orçamento ou limite está esgotado.", unpriced: "Não se conhece o preço desta chamada e não são permitidas chamadas sem preço." },
  unavailable: "Isto não está acessível neste momento.",
  timeout: "Demorou demasiado a responder.",
  canceled: "Isto foi cancelado.",
  model: { unknown: "Este modelo não existe.", unready: "Este modelo ainda não está pronto.", context_too_long: "A conversa é mais longa do que o modelo consegue ler." },
  upstream: { failed: "O fornecedor do modelo falhou.", refused: "O fornecedor do modelo recusou o pedido." },
  stream: { cut: "A resposta foi cortada antes do fim." },
  disk: { full: "O disco está cheio." },
  route: { offline: "O servidor não responde.", signed_out: "Não tem sessão iniciada no servidor.", no_server: "Não há um servidor configurado." },
  server: { address: "Isto não é o endereço de um servidor.", strange: "A resposta do servidor não faz sentido." },
  account: { other_user: "Esta pasta de dados pertence a outra conta." },
  link: { refused: "Só endereços da Web são abertos fora.", unopened: "Não foi possível abrir um navegador." },
  localdb: { denied: "Não é possível escrever na pasta de dados.", damaged: "Não é possível ler uma parte da base de dados local. Reinicie a aplicação: ela guarda o ficheiro danificado e recupera o que se consegue ler." },
  run: { interrupted: "O servidor foi reiniciado enquanto a resposta era escrita." },
} satisfies Words<typeof en>;
