import type en from "../en/fault";
import type { Words } from "../words";

export default {
  internal: "Algo quebrou do nosso lado.",
  network: "O NexusAI não está acessível.",
  reply: { invalid: "Não foi possível compreender a resposta." },
  request: { invalid: "Algo na requisição não está certo.", too_large: "Isso é grande demais para enviar.", lossy: "Nenhum provedor consegue transmitir esta requisição por inteiro." },
  auth: { required: "Entre primeiro.", token_expired: "Sua sessão expirou.", forbidden: "Sua função não permite isso." },
  not_found: "Não existe, ou não existe mais.",
  conflict: "Alguém alterou isso nesse meio-tempo.",
  gone: "Isso foi excluído.",
  rate: {
    limited: "Requisições demais ao mesmo tempo.",
    playground: "Você já tem em andamento na bancada tantas respostas quantas pode ter ao mesmo tempo.",
    runs: "Você tem respostas demais em andamento.",
    teamRuns: "Sua equipe tem respostas demais em andamento.",
  },
  quota: { spent: "Um orçamento ou limite está esgotado.", unpriced: "O preço desta chamada não é conhecido e chamadas sem preço não são permitidas." },
  unavailable: "Isso não está acessível no momento.",
  timeout: "Demorou demais para responder.",
  canceled: "Isso foi cancelado.",
  model: { unknown: "Este modelo não existe.", unready: "Este modelo ainda não está pronto.", context_too_long: "A conversa é mais longa do que o modelo consegue ler." },
  upstream: { failed: "O provedor do modelo falhou.", refused: "O provedor do modelo recusou a requisição." },
  stream: { cut: "A resposta foi cortada antes do fim." },
  disk: { full: "O disco está cheio." },
  route: { offline: "O servidor não responde.", signed_out: "Você saiu da conta no servidor.", no_server: "Nenhum servidor está configurado." },
  server: { address: "Este não é o endereço de um servidor.", strange: "A resposta do servidor não faz sentido." },
  account: { other_user: "Esta pasta de dados pertence a outra conta." },
  link: { refused: "Só endereços da Web são abertos fora.", unopened: "Não foi possível abrir um navegador." },
  localdb: { denied: "Não é possível gravar na pasta de dados.", damaged: "Uma parte do banco de dados local não pode ser lida. Reinicie o aplicativo: ele guarda o arquivo danificado e recupera o que puder ser lido." },
  run: { interrupted: "O servidor foi reiniciado enquanto a resposta era escrita." },
} satisfies Words<typeof en>;
