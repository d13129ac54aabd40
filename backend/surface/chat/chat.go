// Package chat is the surface of OpenAI's chat completions.
package chat

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/backend/surface/refusal"
)

// Surface implements broker.Surface. The zero value is ready.
type Surface struct {
	Now   func() time.Time // default time.Now
	NewID func() string    // default by chance; what stands behind "chatcmpl-"
}

var (
	_ broker.Surface = Surface{}
	_ broker.Request = (*request)(nil)
	_ broker.Watcher = (*watcher)(nil)
	_ broker.Encoder = (*encoder)(nil)
)

// Wire implements broker.Surface.
func (Surface) Wire() llm.Wire { return llm.OpenAIChat }

// Inspect implements broker.Surface.
func (Surface) Inspect(body []byte) (broker.Seen, *fault.Fault) {
	seen, f := openai.Inspect(body)
	return from(seen), f
}

// Failure implements broker.Surface.
func (Surface) Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	return openai.Failure(status, header, body, now)
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

// from takes over what the vendor's half of the wire learned.
func from(s openai.Seen) broker.Seen {
	return broker.Seen{
		ID: s.ID, Model: s.Model, Usage: s.Usage, HasUsage: s.HasUsage, Finish: s.Finish,
		FirstContent: s.FirstContent, Bytes: s.Bytes, Done: s.Done, Whole: s.Whole, Failure: s.Failure,
	}
}
