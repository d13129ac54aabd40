// Package responses is the surface of OpenAI's Responses.
package responses

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/responses"
	"nexusai/backend/surface/refusal"
)

// Surface implements broker.Surface. The zero value is ready.
type Surface struct {
	Now   func() time.Time // default time.Now
	NewID func() string    // default by chance; what stands behind "resp_", "msg_" and the like
	// Previous is the response that a request went on from before Expand put
	// what it stands for in its place; a translated answer says so.
	Previous string
	// Unkept has no answer kept, whatever a request says: it is sent on with
	// "store": false, so that its provider keeps none either and answers so.
	Unkept bool
}

var (
	_ broker.Surface = Surface{}
	_ broker.Request = (*request)(nil)
	_ broker.Encoder = (*encoder)(nil)
)

// Wire implements broker.Surface.
func (Surface) Wire() llm.Wire { return llm.OpenAIResponses }

// Watch implements broker.Surface.
func (Surface) Watch(r broker.Request, now func() time.Time) broker.Watcher {
	return responses.NewWatcher(r.Plain(), now)
}

// Inspect implements broker.Surface.
func (Surface) Inspect(body []byte) (broker.Seen, *fault.Fault) { return responses.Inspect(body) }

// Failure implements broker.Surface.
func (Surface) Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	return responses.Failure(status, header, body, now)
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
	return strings.ReplaceAll(uuid.NewString(), "-", "")
}
