// Package completions is the surface of OpenAI's first interface: a text that
// goes on.
package completions

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/completions"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/fields"
	"nexusai/backend/surface/object"
	"nexusai/backend/surface/refusal"
)

// Surface implements broker.Surface. The zero value is ready.
type Surface struct {
	Now   func() time.Time // default time.Now
	NewID func() string    // default by chance; what stands behind "cmpl-"
}

var (
	_ broker.Surface = Surface{}
	_ broker.Request = (*request)(nil)
	_ broker.Encoder = (*encoder)(nil)
)

// Wire implements broker.Surface.
func (Surface) Wire() llm.Wire { return llm.OpenAICompletions }

// Watch implements broker.Surface.
func (Surface) Watch(r broker.Request, now func() time.Time) broker.Watcher {
	asked := completions.Request{}
	if mine, ok := r.(*request); ok {
		asked = mine.Request
	}
	return completions.NewWatcher(asked, now)
}

// Inspect implements broker.Surface.
func (Surface) Inspect(body []byte) (broker.Seen, *fault.Fault) { return completions.Inspect(body) }

// Failure implements broker.Surface.
func (Surface) Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	return completions.Failure(status, header, body, now)
}

// Refuse is what a caller gets instead of an answer.
func (Surface) Refuse(f *fault.Fault, _ string) refusal.Words { return refusal.OpenAI(f) }

func (s Surface) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s Surface) newID() string {
	if s.NewID != nil {
		return s.NewID()
	}
	return uuid.NewString()
}

type request struct {
	completions.Request
	body []byte
}

// Read implements broker.Surface.
func (Surface) Read(body []byte) (broker.Request, error) {
	members, err := object.Parse(body, "model", "stream", "stream_options", "max_tokens", "n", "best_of", "prompt", "logprobs", "echo", "suffix")
	if err != nil {
		return nil, err
	}
	r := &request{body: body}
	if r.Request, err = completions.ReadRequest(body); err != nil {
		return nil, err
	}
	if r.Request.Model == "" {
		return nil, fault.New(fault.BadRequest, "You must provide a model parameter.", nil).At("model")
	}
	if raw := members.Raw("prompt"); raw != nil && raw[0] != '"' && raw[0] != '[' && string(raw) != "null" {
		return nil, fault.New(fault.BadRequest, "prompt is a text or a list of texts (or tokens).", nil).At("prompt")
	}
	return r, nil
}

func (r *request) Model() string    { return r.Request.Model }
func (r *request) Stream() bool     { return r.Request.Stream }
func (r *request) Plain() bool      { return r.Request.Plain }
func (r *request) Affinity() string { return "" }

func (r *request) Bound() broker.Bound {
	return broker.Bound{Input: len(r.body) * r.Choices, Likely: len(r.body) / 4, MaxOutput: r.MaxOutput(), Choices: r.Choices}
}

// Chat implements broker.Request: the text is what a user says.
func (r *request) Chat() (llm.ChatRequest, error) {
	var sheet fields.Sheet
	o := fields.Read(&sheet, r.body)
	o.Skip("model", "stream", "stream_options", "max_tokens", "n")
	out := llm.ChatRequest{
		Model: r.Request.Model, MaxTokens: r.MaxOutput(), Choices: r.N,
		Temperature: o.Number("temperature"), TopP: o.Number("top_p"), Stop: o.Texts("stop"), Seed: o.Whole("seed"),
		Frequency: o.Number("frequency_penalty"), Presence: o.Number("presence_penalty"), User: o.Text("user"),
		Messages: []llm.Message{{Role: llm.User, Text: prompt(o)}},
	}
	if n := o.Count("best_of"); n > max(r.N, 1) {
		o.Lose("best_of")
	}
	o.SkipIf("suffix", `""`)
	o.Done()
	out.Unknown = sheet.Unknown()
	return out, sheet.Err()
}

// prompt is one text: this provider answers one at a time.
func prompt(o *fields.Object) string {
	raw := o.Raw("prompt")
	if raw == nil || raw[0] == '"' {
		return o.Text("prompt")
	}
	text, n := "", 0
	splice.Each(raw, func(_ int, item []byte) bool {
		if n++; item[0] != '"' || n > 1 {
			n = 2
			return false
		}
		return true
	})
	if n == 1 {
		text = o.Texts("prompt")[0]
	} else {
		o.Fail("prompt", "This model takes one text at a time.")
	}
	return text
}
