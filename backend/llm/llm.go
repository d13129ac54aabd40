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
	Name       string // who speaks, where several people do; most wires ignore it
	Text       string
	Images     []Image     // user and tool turns
	ToolCalls  []ToolCall  // assistant turns only
	ToolCallID string      // tool turns only: the call this answers
	ToolFailed bool        // tool turns only: Text says what went wrong
	Reasoning  []Reasoning // assistant turns only: what the model thought before it
}

// Reasoning is a model's thought. Sealed is what only the provider that made
// it can read (a signature, encrypted content): it goes back unchanged to a
// deployment of that wire or not at all.
type Reasoning struct {
	Text   string
	Sealed string
	Wire   Wire // whose Sealed it is
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
	Sealed    string // as in Reasoning; Gemini's thoughtSignature
	Wire      Wire
}

// ToolSpec offers a tool to a model; Parameters is a JSON Schema.
type ToolSpec struct {
	Name        string
	Description string
	Parameters  json.RawMessage
	Strict      bool // arguments must follow Parameters
}

// ToolMode says whether a model may, must or must not call tools.
type ToolMode string

// The modes; empty is the wire's default, which is ToolsAuto everywhere.
const (
	ToolsAuto     ToolMode = "auto"
	ToolsNone     ToolMode = "none"
	ToolsRequired ToolMode = "required"
	ToolNamed     ToolMode = "named" // the one in ToolChoice.Name
)

// ToolChoice is ToolMode with the tool that ToolNamed means.
type ToolChoice struct {
	Mode ToolMode
	Name string
	// OneAtATime forbids several calls in one answer.
	OneAtATime bool
}

// Effort is how long a reasoning model may think; empty is its default.
type Effort string

// The efforts that most wires know.
const (
	EffortNone    Effort = "none"
	EffortMinimal Effort = "minimal"
	EffortLow     Effort = "low"
	EffortMedium  Effort = "medium"
	EffortHigh    Effort = "high"
)

// ChatRequest asks for one completion, or for Choices of them.
type ChatRequest struct {
	Model       string // a model or alias id of the catalogue
	Messages    []Message
	MaxTokens   int      // 0: the deployment's default
	Temperature *float64 // nil: the model's default
	TopP        *float64
	TopK        int // 0: the model's default
	Stop        []string
	Seed        *int64
	Schema      json.RawMessage // JSON Schema the answer must follow; nil: free text
	SchemaName  string
	JSON        bool // some JSON object, without a schema
	Tools       []ToolSpec
	ToolChoice  ToolChoice
	Effort      Effort
	ThinkTokens int // most tokens to think; 0: not said
	Choices     int // answers wanted; below 2: one
	Frequency   *float64
	Presence    *float64
	User        string // the caller's own id of its user, for the provider's abuse checks
	// Unknown names what the caller asked for and this vocabulary cannot say
	// ("logprobs", "messages.2.content.0.cache_control"): lost in translation.
	Unknown []string
	// Deadlines of this call; zero fields take the client's own.
	Deadlines Deadlines
}

// Delta is the next piece of a streamed answer; any part may be empty.
type Delta struct {
	Choice    int // 0 unless several were asked for
	Text      string
	Reasoning string
	Sealed    string // of the reasoning that ends here
	Wire      Wire   // whose seals it holds, if any; also those of ToolCalls
	ToolCalls []ToolCallDelta
}

// ToolCallDelta extends the call at Index; ID and Name come once.
type ToolCallDelta struct {
	Index     int
	ID        string
	Name      string
	Arguments string
	Sealed    string
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

// Usage counts tokens as the provider reported them, whatever way it counts:
// Cached, CacheWrite and AudioIn are parts of Input, Reasoning and AudioOut are
// parts of Output. A stream that reports usage several times reports totals.
type Usage struct {
	Input      int
	Cached     int // read from the provider's prompt cache
	CacheWrite int // written to it, where that has a price of its own (Anthropic)
	CacheHour  int // of CacheWrite what is kept for an hour, which is dearer still
	AudioIn    int
	Output     int
	Reasoning  int
	AudioOut   int
	Images     int   // pictures made, where they are billed by piece
	Characters int   // of speech, where that is billed by character
	Millis     int64 // of sound transcribed, where that is billed by time
	Searches   int   // rerank or web searches, where they are billed by piece
	Estimated  bool  // counted by us because the provider said nothing
}

// Completion is a whole answer; of several choices the first one, the others
// are in More.
type Completion struct {
	Model        string // as the provider named it
	Text         string
	Reasoning    []Reasoning
	ToolCalls    []ToolCall
	Finish       Finish
	StopSequence string // the one of ChatRequest.Stop that ended it, where the provider says
	Usage        Usage  // of all choices
	RequestID    string // the provider's id, for support
	More         []Choice
}

// Choice is a further answer to the same request.
type Choice struct {
	Text      string
	Reasoning []Reasoning
	ToolCalls []ToolCall
	Finish    Finish
}

// Thought is all reasoning that can be read.
func (c Completion) Thought() string {
	all := ""
	for _, r := range c.Reasoning {
		all += r.Text
	}
	return all
}

// EmbedRequest asks for one vector per input.
type EmbedRequest struct {
	Model  string
	Inputs []string
	Dim    int // 0: the model's own
	User   string
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
