// Messages of the host's fault codes ("fault." + code); dots nest.
export default {
  internal: "Something broke on our side.",
  network: "NexusAI cannot be reached.",
  reply: { invalid: "The answer could not be understood." },
  request: { invalid: "Something in the request is not right.", too_large: "This is too large to send." },
  auth: { required: "Sign in first.", token_expired: "Your session is over.", forbidden: "Your role does not allow this." },
  not_found: "It does not exist, or not any more.",
  conflict: "Somebody changed this meanwhile.",
  gone: "This was deleted.",
  rate: { limited: "Too many requests at once." },
  unavailable: "This cannot be reached at the moment.",
  timeout: "It took too long to answer.",
  canceled: "This was cancelled.",
  model: { unknown: "This model does not exist.", unready: "This model is not ready yet.", context_too_long: "The conversation is longer than the model can read." },
  upstream: { failed: "The model’s provider failed.", refused: "The model’s provider refused the request." },
  disk: { full: "The disk is full." },
  run: { interrupted: "The server was restarted while the answer was being written." },
} as const;
