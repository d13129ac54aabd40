export default {
  title: "Inference logs",
} as const;
