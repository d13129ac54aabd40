import type en from "../en/app";
import type { Words } from "../words";

export default {
  name: "NexusAI",
  skip: "Saltar para o conteúdo",
  chat: "Conversas",
  queue: "Fila",
  diagnostics: "Diagnóstico",
  settings: "Definições",
  palette: "Paleta de comandos",
  palettePlaceholder: "Escreva um comando ou pesquise",
  shortcuts: "Atalhos de teclado",
  shortcutsLead: "Todas as ações estão também na paleta de comandos.",
  collapseRail: "Recolher a navegação",
  expandRail: "Expandir a navegação",
  navigation: "Navegação",
  openList: "Abrir as conversas",
  group: {
    create: "Criar",
    go: "Ir para",
    conversation: "Esta conversa",
    view: "Aspeto",
    recent: "Recentes",
    app: "Aplicação",
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
    title: "Esta página deixou de funcionar",
    text: "O que escreveu está guardado. Recarregue para continuar; se voltar a acontecer, os detalhes ajudam quem o corrigir.",
    reload: "Recarregar",
    details: "Copiar detalhes",
  },
  notFound: {
    title: "Não há nada neste endereço",
    action: "Ir para o início",
  },
  badLink: {
    title: "Esta ligação já não funciona",
    text: "Uma ligação funciona uma vez e por pouco tempo. Peça uma nova a quem lha deu.",
  },
  locked: {
    title: "Esta página precisa da ligação com que foi aberta",
    text: "Abra o NexusAI de novo, no terminal ou na aplicação, e use a ligação indicada.",
  },
} satisfies Words<typeof en>;
