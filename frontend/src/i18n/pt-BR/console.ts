import type en from "../en/console";
import type { Words } from "../words";

export default {
  title: "Console NexusAI",
  operate: "Operar",
  build: "Construir",
  govern: "Governar",
  manage: "Gerenciar",
  dashboard: "Painel",
  logs: "Registros de inferência",
  providers: "Modelos e provedores",
  playground: "Bancada de testes",
  audit: "Auditoria",
  limits: "Limites e orçamentos",
  cost: "Custos e uso",
  users: "Usuários",
  keys: "Chaves de API",
  more: "Mais páginas",
  live: "Ao vivo",
  reconnecting: "Reconectando",
  forbidden: "Sua função não inclui esta página",
  forbiddenText: "Um administrador de {{team}} pode mudar isso.",
  role: {
    owner: "Proprietário",
    admin: "Administrador",
    developer: "Desenvolvedor",
    member: "Membro",
    auditor: "Auditor",
  },
} satisfies Words<typeof en>;
