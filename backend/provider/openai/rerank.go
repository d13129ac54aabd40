package openai

// RerankStyle is which of the three forms of /rerank an endpoint has.
type RerankStyle int

// The forms; they differ in little.
const (
	RerankVLLM RerankStyle = iota
	RerankCohere
	RerankJina
)
