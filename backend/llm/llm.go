// Package llm is the one vocabulary in which the product speaks to models.
package llm

import (
	"context"
	"encoding/json"
)

// Role says who speaks in a Message.
type Role string

// The roles every chat model knows.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	Tool      Role = "tool"
)

// Message is one turn of a chat.
type Message struct {
	Role       Role
	Text       string
	Images     []Image    // user turns only
	ToolCalls  []ToolCall // assistant turns only
	ToolCallID string     // tool turns only: the call this answers
}

// Image is a picture given to a model: either URL or Data with its MIME type.
type Image struct {
	URL  string
	Data []byte
	MIME string
}

// ToolCall is a model's wish to run a tool. Arguments is JSON as the model
// wrote it: unverified data, never an instruction.
type ToolCall struct {
	ID        string
	Name      string
	Arguments string
}

// ToolSpec offers a tool to a model; Parameters is a JSON Schema.
type ToolSpec struct {
	Name        string
	Description string
	Parameters  json.RawMessage
}

// ChatRequest asks for one completion.
type ChatRequest struct {
	Model       string // a model or alias id of the catalogue
	Messages    []Message
	MaxTokens   int      // 0: the deployment's default
	Temperature *float64 // nil: the model's default
	TopP        *float64
	Stop        []string
	Seed        *int64
	Schema      json.RawMessage // JSON Schema the answer must follow; nil: free text
	Tools       []ToolSpec
}

// Delta is the next piece of a streamed answer; any part may be empty.
type Delta struct {
	Text      string
	Reasoning string
	ToolCalls []ToolCallDelta
}

// ToolCallDelta extends the call at Index; ID and Name come once.
type ToolCallDelta struct {
	Index     int
	ID        string
	Name      string
	Arguments string
}

// Finish says why a model stopped.
type Finish string

// The reasons a model gives.
const (
	FinishStop    Finish = "stop"
	FinishLength  Finish = "length"
	FinishTools   Finish = "tool_calls"
	FinishRefusal Finish = "content_filter"
)

// Usage counts tokens as the provider reported them. Cached is part of Input,
// Reasoning is part of Output.
type Usage struct {
	Input     int
	Cached    int
	Output    int
	Reasoning int
	Estimated bool // counted by us because the provider said nothing
}

// Completion is a whole answer.
type Completion struct {
	Model     string // as the provider named it
	Text      string
	Reasoning string
	ToolCalls []ToolCall
	Finish    Finish
	Usage     Usage
	RequestID string // the provider's id, for support
}

// EmbedRequest asks for one vector per input.
type EmbedRequest struct {
	Model  string
	Inputs []string
}

// Embeddings holds one vector per input, in the same order, each of length Dim.
type Embeddings struct {
	Model   string
	Vectors [][]float32
	Dim     int
	Usage   Usage
}

// Model is what a provider says it serves.
type Model struct {
	ID string
}

// Client speaks to models: a provider adapter, the broker or a server.
//
// Chat blocks until the answer is complete. When onDelta is not nil it is
// called for each piece, in order, from one goroutine; an error from it stops
// the call and is returned. A stream that ends without a finish reason and its
// end marker is an error (fault.UpstreamFailed), together with the Completion
// received so far. Cancelling ctx cancels the provider's work.
// All methods are safe for concurrent use and return *fault.Fault errors.
type Client interface {
	Chat(ctx context.Context, req ChatRequest, onDelta func(Delta) error) (Completion, error)
	Embed(ctx context.Context, req EmbedRequest) (Embeddings, error)
	Models(ctx context.Context) ([]Model, error)
}
