export const ptPT = {};
