// Package messages is the surface of Anthropic's Messages and of its counter of
// tokens.
package messages

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/surface/refusal"
)

// Surface implements broker.Surface. The zero value is ready.
type Surface struct {
	NewID func() string // default by chance; what stands behind "msg_"
}

var (
	_ broker.Surface = Surface{}
	_ broker.Request = (*request)(nil)
	_ broker.Encoder = (*encoder)(nil)
)

// Wire implements broker.Surface.
func (Surface) Wire() llm.Wire { return llm.AnthropicMessages }

// Watch implements broker.Surface.
func (Surface) Watch(r broker.Request, now func() time.Time) broker.Watcher {
	return anthropic.NewWatcher(r.Plain(), now)
}

// Inspect implements broker.Surface.
func (Surface) Inspect(body []byte) (broker.Seen, *fault.Fault) { return anthropic.Inspect(body) }

// Failure implements broker.Surface.
func (Surface) Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	return anthropic.Failure(status, header, body, now)
}

// Refuse is what a caller gets instead of an answer.
func (Surface) Refuse(f *fault.Fault, requestID string) refusal.Words {
	return refusal.Anthropic(f, requestID)
}

func (s Surface) newID() string {
	if s.NewID != nil {
		return s.NewID()
	}
	return strings.ReplaceAll(uuid.NewString(), "-", "")
}
