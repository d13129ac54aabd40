// Rows for the fixture server: a small ordinary set, a hostile one, none.
export const models = [
  { id: "local/qwen2.5-coder-1.5b", name: "Qwen2.5 Coder 1.5B", family: "qwen", kind: "chat", local: true, provider: "This device", context_tokens: 8192, state: "ready" },
  { id: "qwen2.5-coder-1.5b", name: "Qwen2.5 Coder 1.5B", family: "qwen", kind: "chat", local: false, provider: "Acme", context_tokens: 8192, state: "ready" },
  { id: "claude-sonnet-5", name: "Claude Sonnet 5", family: "anthropic", kind: "chat", local: false, provider: "Anthropic", context_tokens: 400_000, input_nano_usd: 3_000_000, output_nano_usd: 15_000_000, state: "ready" },
  { id: "gpt-5.2", name: "GPT-5.2", family: "openai", kind: "chat", local: false, provider: "OpenAI", context_tokens: 400_000, input_nano_usd: 1_250_000, output_nano_usd: 10_000_000, state: "ready" },
  { id: "deepseek-v3.2", name: "DeepSeek V3.2", family: "deepseek", kind: "chat", local: false, provider: "DeepSeek", context_tokens: 128_000, input_nano_usd: 280_000, output_nano_usd: 420_000, state: "unready", detail: "The provider refuses the key." },
  { id: "multilingual-e5-small", name: "multilingual-e5-small", family: "other", kind: "embedding", local: false, provider: "Acme", state: "ready" },
];

const longAnswer = `A leader crash between append and commit leaves the entry in an undecided state: **it is neither lost nor safe** until a majority is known to hold it.

## What the new leader may do

1. It keeps the entry if it is in its own log, because a leader never overwrites its own log.
2. It commits the entry *only together with* one of its own term (the rule of section 5.4.2).
3. A follower that never saw it is brought in step by the usual consistency check.

\`\`\`go
// commitTo reports the highest index that a majority holds, as far as we know.
func (c *commitment) recalculate() {
	matched := slices.Sorted(maps.Values(c.matchIndexes))
	quorum := matched[(len(matched)-1)/2]

	if quorum > c.commitIndex && quorum >= c.startIndex {
		c.commitIndex = quorum // only grows
		asyncNotifyCh(c.commitCh)
	}
}
\`\`\`

The line that matters is the comparison with \`startIndex\`: the first index of this leader's term.

| Case | Entry on majority | Outcome |
|:--|:-:|--:|
| Crash before append | no | lost, the client retries |
| Crash after append | no | may be overwritten |
| Crash after replication | yes | commits with the next entry |

> Figure 8 of the paper shows the schedule that makes the rule necessary.

See the [extended paper](https://raft.github.io/raft.pdf) for the proof, and note that a client must make its requests idempotent either way.`;

const hostileAnswer = `Hello <script>alert(1)</script> and <img src=x onerror=alert(1)>.

[a link](javascript:alert(1)) and [another](https://user:pw@evil.test/) and [fine](https://example.test/a?b=c)

![a picture](https://tracker.test/pixel.png?who=you)

| ${Array.from({ length: 14 }, (_, i) => `column ${i}`).join(" | ")} |
|${"---|".repeat(14)}
| ${Array.from({ length: 14 }, (_, i) => `value ${i * 1234567}`).join(" | ")} |

مرحبا بالعالم، هذه فقرة من اليمين إلى اليسار مع \`code\` بداخلها.

שלום עולם

\`\`\`
${"x".repeat(400)}
\`\`\`

${"Donaudampfschifffahrtsgesellschaftskapitän".repeat(6)}

- [x] done 👩‍👩‍👧‍👦
- [ ] open 🏳️‍🌈
  1. nested
     > quoted`;

export function answers(question) {
  return /hostile|<|attack/i.test(question) ? hostileAnswer : longAnswer;
}

const titles = [
  ["Raft commit rule after a leader crash", 0.02, true], ["Plano de migração para Postgres 18", 0.1], ["Rename the billing service without downtime", 0.3],
  ["Why does this query use a sequential scan", 1.1], ["Resumo da reunião com a equipa de produto", 1.3], ["Regex for semantic versions", 2.2],
  ["Compare argon2id and scrypt parameters", 3.4], ["Draft: announcement of the new release", 4.1], ["Explain SO_REUSEPORT", 5.8],
  ["Carta de apresentação", 12], ["Unit tests for the tail reader", 20], ["Cheapest model for classification", 33], ["Trip to Porto", 41], ["Kubernetes probes", 70],
];

export function conversations(kind, id) {
  const db = new Map();
  if (kind === "empty") return db;
  const at = (days) => new Date(Date.now() - days * 86_400_000).toISOString();
  const add = (title, days, over = {}, text = "Explain what happens when the leader crashes after it appended an entry to its own log but before that entry was committed.", answer = longAnswer) => {
    const cid = id();
    const q = id();
    const a = id();
    const model = days > 3 ? "claude-sonnet-5" : "local/qwen2.5-coder-1.5b";
    db.set(cid, {
      conversation: { id: cid, title, model, pinned: false, created_at: at(days), last_at: at(days), unsent: 0, draft: false, ...over },
      messages: [
        { id: q, conversation_id: cid, parent_id: "", role: "user", text, created_at: at(days + 0.001), state: "sent" },
        { id: a, conversation_id: cid, parent_id: q, role: "assistant", text: answer, model, finish: "stop", input_tokens: 412, output_tokens: 386, cost_nano_usd: days > 3 ? 7_100_000 : 0, created_at: at(days), state: "sent" },
      ],
      draft: "",
    });
    return db.get(cid);
  };
  for (const [title, days, pinned] of titles) add(title, days, pinned ? { pinned: true } : {});
  const [first, second, third] = [...db.values()];
  second.draft = "E os índices GIN?";
  third.conversation.unsent = 2;
  const [question] = first.messages;
  first.messages.push({ ...first.messages[1], id: id(), text: "It stays undecided until a later leader commits an entry of its own term.", created_at: at(0.019) });
  const follow = { id: id(), conversation_id: first.conversation.id, parent_id: first.messages[1].id, role: "user", text: "And what does the client see?", created_at: at(0.015), state: "sent" };
  first.messages.push(follow, { id: id(), conversation_id: first.conversation.id, parent_id: follow.id, role: "assistant", text: "A timeout. It cannot tell *lost* from *late*, so it repeats the request with the same id.", model: "claude-sonnet-5", finish: "stopped", input_tokens: 840, output_tokens: 31, cost_nano_usd: 3_100_000, created_at: at(0.014), state: "sent" });
  first.messages.splice(1, 2, first.messages[2], { ...first.messages[1], created_at: at(0.0185) });
  void question;
  if (kind === "hostile") {
    add("مرحبا بكم في محادثة طويلة جدا باللغة العربية مع english words inside", 0.01, {}, "مرحبا <b>hostile</b>\n\n```\nno markdown here\n```", hostileAnswer);
    add("W".repeat(120), 0.011, { unsent: 104, draft: true });
    add("", 0.012);
    add("👩‍👩‍👧‍👦🏳️‍🌈 " + "very ".repeat(24) + "long title", 0.013);
    for (let i = 0; i < 10_000; i++) {
      const cid = id();
      db.set(cid, { conversation: { id: cid, title: `Conversation number ${i}`, model: "", pinned: false, created_at: at(80 + i / 10), last_at: at(80 + i / 10), unsent: 0, draft: false }, messages: [], draft: "" });
    }
    const big = add("Five hundred messages", 0.0135);
    let parent = big.messages[1].id;
    for (let i = 0; i < 500; i++) {
      const mid = id();
      big.messages.push({ id: mid, conversation_id: big.conversation.id, parent_id: parent, role: i % 2 ? "assistant" : "user", text: i % 2 ? longAnswer : `Question ${i}`, model: "gpt-5.2", created_at: new Date(Date.now() - 1e6 + i * 1000).toISOString(), state: "sent", finish: "stop" });
      parent = mid;
    }
  }
  return db;
}
