package chat

import (
	"encoding/json"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/refusal"
)

// encoder writes chunks, or one whole answer.
type encoder struct {
	id      string
	model   string
	created int64
	usage   bool   // the caller asked for the usage chunk
	begun   []bool // per choice: its role was said
}

// Write implements broker.Surface. The model has the name that the caller used.
func (s Surface) Write(r broker.Request, seen broker.Seen) broker.Encoder {
	e := &encoder{id: seen.ID, model: seen.Model, created: s.now().Unix()}
	if mine, ok := r.(*request); ok {
		e.usage = mine.usage
	}
	if e.model == "" {
		e.model = r.Model()
	}
	if e.id == "" {
		e.id = "chatcmpl-" + s.newID()
	}
	if !seen.FirstContent.IsZero() {
		e.begun = []bool{true}
	}
	return e
}

type chunk struct {
	ID      string          `json:"id"`
	Object  string          `json:"object"`
	Created int64           `json:"created"`
	Model   string          `json:"model"`
	Choices []chunkChoice   `json:"choices"`
	Usage   json.RawMessage `json:"usage,omitempty"`
}

type chunkChoice struct {
	Index    int     `json:"index"`
	Delta    delta   `json:"delta"`
	Logprobs *int    `json:"logprobs"`
	Finish   *string `json:"finish_reason"`
}

type delta struct {
	Role      string      `json:"role,omitempty"`
	Content   *string     `json:"content,omitempty"`
	Reasoning string      `json:"reasoning_content,omitempty"`
	Details   []detailOut `json:"reasoning_details,omitempty"`
	ToolCalls []call      `json:"tool_calls,omitempty"`
}

type call struct {
	Index    *int     `json:"index,omitempty"` // in chunks only
	ID       string   `json:"id,omitempty"`
	Type     string   `json:"type,omitempty"`
	Function function `json:"function"`
	Extra    *extra   `json:"extra_content,omitempty"`
}

type function struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type extra struct {
	Google struct {
		Signature string `json:"thought_signature"`
	} `json:"google"`
}

func seal(sealed string) *extra {
	if sealed == "" {
		return nil
	}
	e := &extra{}
	e.Google.Signature = sealed
	return e
}

// Delta implements broker.Encoder.
func (e *encoder) Delta(dst []byte, d llm.Delta) []byte {
	out := delta{Reasoning: d.Reasoning}
	if d.Text != "" {
		out.Content = &d.Text
	}
	for _, c := range d.ToolCalls {
		one := call{Index: &c.Index, ID: c.ID, Function: function{c.Name, c.Arguments}, Extra: seal(c.Sealed)}
		if c.ID != "" || c.Name != "" {
			one.Type = "function"
		}
		out.ToolCalls = append(out.ToolCalls, one)
	}
	if out.Content == nil && out.Reasoning == "" && len(out.ToolCalls) == 0 {
		return dst // a seal: it is said at the end, when it is known whose it is
	}
	return e.chunk(e.begin(dst, d.Choice), d.Choice, out, nil)
}

// begin says the role of a choice, once.
func (e *encoder) begin(dst []byte, choice int) []byte {
	if choice < 0 || choice >= maxChoices {
		return dst
	}
	for len(e.begun) <= choice {
		e.begun = append(e.begun, false)
	}
	if e.begun[choice] {
		return dst
	}
	e.begun[choice] = true
	return e.chunk(dst, choice, delta{Role: "assistant", Content: new(string)}, nil)
}

func (e *encoder) chunk(dst []byte, choice int, d delta, finish *string) []byte {
	c := chunk{ID: e.id, Object: "chat.completion.chunk", Created: e.created, Model: e.model, Choices: []chunkChoice{{Index: choice, Delta: d, Finish: finish}}}
	if e.usage {
		c.Usage = json.RawMessage("null")
	}
	return event(dst, c)
}

func event(dst []byte, v any) []byte {
	data, err := json.Marshal(v)
	if err != nil { // texts and numbers: they always encode
		panic(err)
	}
	return append(append(append(dst, "data: "...), data...), "\n\n"...)
}

// End implements broker.Encoder.
func (e *encoder) End(dst []byte, c llm.Completion) []byte {
	for i, one := range choices(c) {
		dst = e.begin(dst, i)
		if sealed := details(one.Reasoning); len(sealed) > 0 {
			dst = e.chunk(dst, i, delta{Details: sealed}, nil)
		}
		reason := string(finish(one.Finish))
		dst = e.chunk(dst, i, delta{}, &reason)
	}
	if e.usage {
		dst = event(dst, chunk{
			ID: e.id, Object: "chat.completion.chunk", Created: e.created, Model: e.model,
			Choices: []chunkChoice{}, Usage: usageJSON(c.Usage),
		})
	}
	return append(dst, "data: [DONE]\n\n"...)
}

func choices(c llm.Completion) []llm.Choice {
	first := llm.Choice{Text: c.Text, Reasoning: c.Reasoning, ToolCalls: c.ToolCalls, Finish: c.Finish}
	return append([]llm.Choice{first}, c.More...)
}

func finish(f llm.Finish) llm.Finish {
	if f == "" {
		return llm.FinishStop
	}
	return f // our words are this wire's
}

// Fail implements broker.Encoder: OpenAI's clients raise on an error in an
// event's data.
func (e *encoder) Fail(dst []byte, f *fault.Fault) []byte {
	dst = append(append(dst, "data: "...), refusal.OpenAI(f).Body...)
	return append(dst, "\n\n"...)
}
