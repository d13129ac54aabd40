package openai

import (
	"net/url"
	"strings"

	"nexusai/backend/llm"
)

// OpenAI is the vendor's own endpoint. Its reasoning models insist on
// max_completion_tokens.
func OpenAI() Dialect {
	return Dialect{
		Name: "openai", Takes: plain, Limit: "max_completion_tokens",
		Wires: openAIWires(llm.OpenAIChat, llm.OpenAICompletions, llm.OpenAIResponses, llm.OpenAIEmbeddings,
			llm.OpenAITranscribe, llm.OpenAITranscribeEvents, llm.OpenAISpeech, llm.OpenAISpeechEvents),
	}
}

// Any is an endpoint of which nothing is known but that it speaks the wire: what
// it does not take it ignores, or says so. /responses is translated.
func Any() Dialect {
	return Dialect{
		Name: "any", Takes: everything,
		Wires: openAIWires(llm.OpenAIChat, llm.OpenAICompletions, llm.OpenAIEmbeddings, llm.Rerank,
			llm.OpenAITranscribe, llm.OpenAITranscribeEvents, llm.OpenAISpeech, llm.OpenAISpeechEvents),
	}
}

// Meta is Meta's Llama API at its compatible address
// (llama.developer.meta.com/docs/features/compatibility, 2026-08).
func Meta() Dialect {
	return Dialect{
		Name: "meta", Limit: "max_completion_tokens", Effort: EffortUnsaid,
		Takes: TakesTopK | TakesUser | TakesToolChoice | TakesNamedTool | TakesImageURLs | TakesStreamUsage,
		Wires: openAIWires(llm.OpenAIChat),
	}
}

// Ollama's compatible address (docs.ollama.com/api/openai-compatibility,
// 2026-08): tool_choice, n, user and parallel_tool_calls are not read. It runs
// inside the network, so it gets pictures in bytes.
func Ollama() Dialect {
	return Dialect{
		Name: "ollama", Takes: TakesSeed | TakesPenalties | TakesStreamUsage, Thoughts: ThoughtsStay,
		Wires:     openAIWires(llm.OpenAIChat, llm.OpenAICompletions, llm.OpenAIEmbeddings),
		ModelList: "/api/tags", ListsAtRoot: true,
	}
}

// Cohere reranks; its chat is another wire.
func Cohere() Dialect {
	return Dialect{Name: "cohere", Listless: true, Rerank: RerankCohere, Wires: openAIWires(llm.Rerank)}
}

// Jina embeds and reranks.
func Jina() Dialect {
	return Dialect{Name: "jina", Listless: true, Rerank: RerankJina, Wires: openAIWires(llm.OpenAIEmbeddings, llm.Rerank)}
}

// AzureVersion is the newest version of the data plane that is not a preview.
const AzureVersion = "2024-10-21"

// Azure is OpenAI at Microsoft. A base that ends in /openai has an address for
// each deployment and wants a version, which is AzureVersion when empty; one
// that ends in /openai/v1 takes the deployment as the model.
func Azure(baseURL, version string) Dialect {
	d := OpenAI()
	d.Name, d.KeyHeader = "azure", "Api-Key"
	if strings.HasSuffix(strings.TrimRight(baseURL, "/"), "/v1") {
		return d
	}
	if version == "" {
		version = AzureVersion
	}
	d.PerDeployment, d.Query = true, "api-version="+url.QueryEscape(version)
	delete(d.Wires, llm.OpenAIResponses) // it is not below a deployment
	return d
}
