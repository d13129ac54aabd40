import type en from "../en/console";
import type { Words } from "../words";

export default {
  title: "Consola NexusAI",
  operate: "Operar",
  build: "Construir",
  govern: "Governar",
  manage: "Gerir",
  dashboard: "Painel",
  logs: "Registo de inferência",
  providers: "Modelos e fornecedores",
  playground: "Bancada de ensaio",
  audit: "Auditoria",
  limits: "Limites e orçamentos",
  cost: "Custos e utilização",
  users: "Utilizadores",
  keys: "Chaves de API",
  more: "Mais páginas",
  live: "Em direto",
  reconnecting: "A religar",
  forbidden: "A sua função não inclui esta página",
  forbiddenText: "Um administrador de {{team}} pode mudar isso.",
  role: {
    owner: "Proprietário",
    admin: "Administrador",
    developer: "Programador",
    member: "Membro",
    auditor: "Auditor",
  },
} satisfies Words<typeof en>;
