// Package single holds what those surfaces share whose answers are neither
// chats nor streams.
package single

import (
	"errors"
	"net/http"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/backend/surface/refusal"
)

// Surface is a part of a broker.Surface in OpenAI's manner.
type Surface struct{}

// Failure implements broker.Surface.
func (Surface) Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	return openai.Failure(status, header, body, now)
}

// Watch implements broker.Surface; there are no streams.
func (Surface) Watch(broker.Request, func() time.Time) broker.Watcher { return nil }

// Write implements broker.Surface; a Doer writes its answer itself.
func (Surface) Write(broker.Request, broker.Seen) broker.Encoder { return nil }

// Refuse is what a caller gets instead of an answer.
func (Surface) Refuse(f *fault.Fault, _ string) refusal.Words { return refusal.OpenAI(f) }

// Request is a part of a broker.Doer.
type Request struct {
	Name string // of the model
	Most broker.Bound
}

// Model implements broker.Request.
func (r Request) Model() string { return r.Name }

// Stream implements broker.Request.
func (Request) Stream() bool { return false }

// Bound implements broker.Request.
func (r Request) Bound() broker.Bound { return r.Most }

// Plain implements broker.Request.
func (Request) Plain() bool { return false }

// Affinity implements broker.Request.
func (Request) Affinity() string { return "" }

var errNoChat = errors.New("not a chat")

// Chat implements broker.Request; the broker calls Do instead.
func (Request) Chat() (llm.ChatRequest, error) { return llm.ChatRequest{}, Cannot(errNoChat) }

// Cannot says that a model's provider has no such thing.
func Cannot(cause error) *fault.Fault {
	return fault.New(fault.BadRequest, "This model cannot be used through this interface.", cause).At("model")
}
