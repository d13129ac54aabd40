// Next steps where the host sends none ("hint." + code).
export default {
  internal: "Try again. If it stays, quote the id to whoever runs the server.",
  network: "Check that NexusAI is still running on this machine or server, then try again.",
  reply: { invalid: "Reload the page; it may be older than the host." },
  auth: { required: "Sign in and try again.", token_expired: "Sign in again.", forbidden: "Ask an administrator of your organisation." },
  rate: { limited: "Wait a moment and try again.", runs: "Wait for one to end, or stop one." },
  quota: { unpriced: "Ask an administrator to enter a price for it, or to allow calls without one." },
  unavailable: "Try again in a moment.",
  timeout: "Try again; a smaller question is quicker.",
  model: { unready: "Choose another model or wait until it is ready.", context_too_long: "Start a new conversation or choose a model that reads more." },
  upstream: { failed: "Try again or choose another model." },
  disk: { full: "Free some space; nothing that was saved is lost." },
} as const;
