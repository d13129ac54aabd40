export default {
  any: "Any model",
  some: "Only these",
  find: "Find a model, or type gpt-*",
  none: "No model is offered yet. Type a name to add it.",
  pattern_zero: "no model now",
  pattern_one: "{{count, number}} model now",
  pattern_other: "{{count, number}} models now",
  addTyped: "Add “{{name}}”",
  needed: "Choose at least one, or any model.",
} as const;
