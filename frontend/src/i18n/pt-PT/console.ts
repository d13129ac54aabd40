import type en from "../en/console";
import type { Words } from "../words";

export default {
  title: "Consola NexusAI",
  operate: "Operar",
  govern: "Governar",
  manage: "Gerir",
  dashboard: "Painel",
  logs: "Registo de inferência",
  providers: "Fornecedores",
  audit: "Auditoria",
  users: "Utilizadores",
  keys: "Chaves de API",
  live: "Em direto",
  reconnecting: "A religar",
  forbidden: "O seu papel não inclui esta página",
  forbiddenText: "Um administrador de {{team}} pode mudar isso.",
  role: {
    owner: "Proprietário",
    admin: "Administrador",
    developer: "Programador",
    member: "Membro",
    auditor: "Auditor",
  },
} satisfies Words<typeof en>;
