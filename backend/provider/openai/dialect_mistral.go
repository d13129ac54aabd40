package openai

import "nexusai/backend/llm"

// Mistral (docs.mistral.ai/api, 2026-08) refuses members that it does not know.
// It sends usage with the last chunk unasked, answers and thoughts as parts, and
// calls "required" "any".
func Mistral() Dialect {
	return Dialect{
		Name: "mistral", Takes: TakesSeed | TakesPenalties | TakesChoices | TakesOneAtATime | TakesStrict | TakesToolChoice | TakesNamedTool | TakesImageURLs,
		Seed: "random_seed", MustCall: "any", Prefill: PrefillMember,
		Wires: openAIWires(llm.OpenAIChat, llm.OpenAIEmbeddings, llm.OpenAITranscribe), RequestID: "Mistral-Correlation-Id",
	}
}
