package openai

import "nexusai/backend/llm"

// DeepSeek (api-docs.deepseek.com, 2026-08). With tool calls its thoughts must
// go back, even empty ones, or the answer is 400; without, they must not. It
// knows json_object alone, and wants the word JSON in the prompt. Strict tools,
// prefixes and /completions are at another address, in beta.
func DeepSeek() Dialect {
	return Dialect{
		Name: "deepseek", Takes: TakesPenalties | TakesToolChoice | TakesNamedTool | TakesImageURLs | TakesNames | TakesStreamUsage,
		Schema: SchemaPrompted, Effort: EffortThinking, Thoughts: ThoughtsOfCalls,
		Wires: openAIWires(llm.OpenAIChat), RequestID: "X-Ds-Trace-Id",
	}
}
