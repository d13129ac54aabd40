export const ptBR = {};
