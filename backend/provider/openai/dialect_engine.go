package openai

import "nexusai/backend/llm"

// VLLM (docs.vllm.ai, 2026-08). It runs inside the network and would fetch a
// picture from wherever it is told, so it gets bytes.
func VLLM() Dialect {
	return Dialect{
		Name: "vllm", Takes: everything &^ TakesImageURLs, Prefill: PrefillContinue, Thoughts: ThoughtsTemplate, Effort: EffortTemplate,
		Wires: openAIWires(llm.OpenAIChat, llm.OpenAICompletions, llm.OpenAIResponses, llm.OpenAIEmbeddings, llm.OpenAITranscribe, llm.Rerank),
	}
}

// LlamaCPP is llama-server (tools/server/README.md, 2026-11). It goes on from an
// assistant message at the end unasked, and says that again first. It offers to
// keep a connection and closes it when a stream ends, as the one we build does.
func LlamaCPP() Dialect {
	return Dialect{
		Name: "llama.cpp", Takes: TakesTopK | TakesSeed | TakesPenalties | TakesToolChoice | TakesOneAtATime | TakesStreamUsage,
		Prefill: PrefillEchoed, Thoughts: ThoughtsTemplate, Effort: EffortTemplate, HangsUp: true,
		Wires: openAIWires(llm.OpenAIChat, llm.OpenAICompletions, llm.OpenAIEmbeddings, llm.Rerank),
	}
}

// Whisper is whisper-server, which has no key and does one thing at a time.
func Whisper() Dialect {
	return Dialect{Name: "whisper", OneCall: true, Listless: true, Wires: openAIWires(llm.OpenAITranscribe)}
}
