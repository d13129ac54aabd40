export default {
  title: "Providers",
} as const;
