import type en from "../en/app";
import type { Words } from "../words";

export default {
  name: "NexusAI",
  skip: "Pular para o conteúdo",
  chat: "Conversas",
  queue: "Fila",
  diagnostics: "Diagnóstico",
  settings: "Configurações",
  palette: "Paleta de comandos",
  palettePlaceholder: "Digite um comando ou busque",
  shortcuts: "Atalhos de teclado",
  shortcutsLead: "Todas as ações também estão na paleta de comandos.",
  collapseRail: "Recolher a navegação",
  expandRail: "Expandir a navegação",
  navigation: "Navegação",
  openList: "Abrir as conversas",
  group: {
    create: "Criar",
    go: "Ir para",
    conversation: "Esta conversa",
    view: "Aparência",
    recent: "Recentes",
    app: "Aplicativo",
  },
  theme: {
    label: "Tema",
    system: "Sistema",
    light: "Claro",
    dark: "Escuro",
    contrast: "Alto contraste",
    use: "Usar o tema {{name}}",
  },
  language: {
    label: "Idioma",
    system: "Sistema",
    en: "English",
    "pt-PT": "Português (Portugal)",
    "pt-BR": "Português (Brasil)",
    use: "Mudar para {{name}}",
  },
  crash: {
    title: "Esta página parou de funcionar",
    text: "O que você escreveu está salvo. Recarregue para continuar; se voltar a acontecer, os detalhes ajudam quem for corrigir.",
    reload: "Recarregar",
    details: "Copiar detalhes",
  },
  notFound: {
    title: "Não há nada neste endereço",
    action: "Ir para o início",
  },
  badLink: {
    title: "Este link não funciona mais",
    text: "Um link funciona uma vez e por pouco tempo. Peça um novo a quem enviou este.",
  },
  locked: {
    title: "Esta página precisa do link com que foi aberta",
    text: "Abra o NexusAI de novo, pelo terminal ou pelo aplicativo, e use o link indicado.",
  },
} satisfies Words<typeof en>;
