package completions

import (
	"encoding/json"
	"fmt"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/refusal"
)

// encoder writes chunks, or one whole answer. The wire has text alone: thoughts
// and calls of tools are left out, and no request of it asks for them.
type encoder struct {
	id      string
	model   string
	created int64
	usage   bool // the caller asked for the usage chunk
}

// Write implements broker.Surface. The model has the name that the caller used.
func (s Surface) Write(r broker.Request, seen broker.Seen) broker.Encoder {
	e := &encoder{id: seen.ID, model: seen.Model, created: s.now().Unix()}
	if mine, ok := r.(*request); ok {
		e.usage = mine.IncludeUsage
	}
	if e.model == "" {
		e.model = r.Model()
	}
	if e.id == "" {
		e.id = "cmpl-" + s.newID()
	}
	return e
}

type answer struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage,omitempty"`
}

type choice struct {
	Text     string  `json:"text"`
	Index    int     `json:"index"`
	Logprobs *int    `json:"logprobs"`
	Finish   *string `json:"finish_reason"`
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func (e *encoder) answer(choices []choice, u *llm.Usage) []byte {
	a := answer{ID: e.id, Object: "text_completion", Created: e.created, Model: e.model, Choices: choices}
	if u != nil {
		a.Usage = &usage{u.Input, u.Output, u.Input + u.Output}
	}
	data, err := json.Marshal(a)
	if err != nil { // texts and numbers: they always encode
		panic(fmt.Errorf("encode a completion: %w", err))
	}
	return data
}

func event(dst, data []byte) []byte {
	return append(append(append(dst, "data: "...), data...), "\n\n"...)
}

// Delta implements broker.Encoder.
func (e *encoder) Delta(dst []byte, d llm.Delta) []byte {
	if d.Text == "" {
		return dst
	}
	return event(dst, e.answer([]choice{{Text: d.Text, Index: d.Choice}}, nil))
}

// End implements broker.Encoder.
func (e *encoder) End(dst []byte, c llm.Completion) []byte {
	for i, one := range choices(c) {
		one.Text, one.Index = "", i
		dst = event(dst, e.answer([]choice{one}, nil))
	}
	if e.usage {
		dst = event(dst, e.answer([]choice{}, &c.Usage))
	}
	return append(dst, "data: [DONE]\n\n"...)
}

func choices(c llm.Completion) []choice {
	out := []choice{{Text: c.Text, Finish: finish(c.Finish)}}
	for i, more := range c.More {
		out = append(out, choice{Text: more.Text, Index: i + 1, Finish: finish(more.Finish)})
	}
	return out
}

func finish(f llm.Finish) *string {
	reason := "stop" // the wire knows no calls of tools
	if f == llm.FinishLength || f == llm.FinishRefusal {
		reason = string(f)
	}
	return &reason
}

// Fail implements broker.Encoder: OpenAI's clients raise on an error in an
// event's data.
func (e *encoder) Fail(dst []byte, f *fault.Fault) []byte {
	return event(dst, refusal.OpenAI(f).Body)
}

// Whole implements broker.Encoder.
func (e *encoder) Whole(c llm.Completion) ([]byte, error) {
	return e.answer(choices(c), &c.Usage), nil
}
