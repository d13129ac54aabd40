// Package providertest is the conformance suite that every adapter of a model
// provider passes.
//
// An adapter brings transcripts: what its provider is asked and what it answers,
// byte for byte as the vendor's public documentation shows it. The suite plays
// them over real sockets, whole and broken in every way that providers break.
package providertest

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// Key is the provider's key in every test. It may show up nowhere.
const Key = "sk-test-hunter2-0123456789"

// Place is where a client is to be opened.
type Place struct {
	BaseURL   string
	Key       endpoint.Secret
	HTTP      *http.Client
	Deadlines endpoint.Deadlines
	Log       *slog.Logger
}

// Adapter is what the suite must know of one.
type Adapter struct {
	Open func(t testing.TB, at Place) llm.Client // required

	// KeyHeader and KeyValue are how the provider gets the key.
	KeyHeader, KeyValue string
	// RequestID is the header with the provider's own id; empty: it sends none.
	RequestID string

	Chats  []Chat  // required; the first one is text alone, of at least three pieces
	Ping   string  // what the provider sends to keep a stream alive, if it does
	Errors []Error // required
	// StreamErrors are events that break a stream off, and their codes.
	StreamErrors map[string]fault.Code
	Losses       []Loss

	Models *Models
	Embed  *Embed // nil: it makes no embeddings, and says so
	Count  *Count // nil: it cannot count

	// Forwards are the wires that it passes on in bytes, and where to.
	Forwards map[llm.Wire]string
}

// Chat is a request and its answer.
type Chat struct {
	Name    string
	Request llm.ChatRequest
	Path    string // with the query that it must have
	Sent    string // JSON that the provider must get; empty: not looked at
	Stream  string // the answer's events, with line feeds, the last of which ends it
	JSON    string // the same answer of a server that does not stream; empty: none does
	Want    llm.Completion
}

// Error is a provider's refusal.
type Error struct {
	Name   string
	Status int
	Header []string // pairs of name and value
	Body   string
	Code   fault.Code
	Wait   time.Duration // RetryAfter
	Until  bool          // the provider gives a date, so some of Wait may have passed
}

// Loss is a request of which a part cannot be said in this wire.
type Loss struct {
	Name    string
	Request llm.ChatRequest
	Want    []string
}

// Models is a list, in as many answers as there are pages.
type Models struct {
	Path  string // of the first page, with its query
	Pages []string
	Want  []string
}

// Embed is a request for embeddings and its answer.
type Embed struct {
	Request llm.EmbedRequest
	Path    string
	Sent    string
	JSON    string
	Want    llm.Embeddings
}

// Count is a request to count tokens and its answer.
type Count struct {
	Request llm.ChatRequest
	Path    string
	Sent    string
	JSON    string
	Want    int
}

// Hello is the plainest request.
func Hello(model string) llm.ChatRequest {
	return llm.ChatRequest{Model: model, Messages: []llm.Message{{Role: llm.User, Text: "hello"}}}
}

// Run runs the suite.
func Run(t *testing.T, a Adapter) {
	t.Helper()
	for _, part := range []struct {
		name string
		run  func(*testing.T, Adapter)
	}{
		{"answers", answers}, {"cuts of bytes", splits}, {"broken streams", broken}, {"silence", silence},
		{"errors", failures}, {"the key", secrets}, {"cancel", cancels}, {"losses", losses},
		{"lists and counts", lists}, {"forward", forwards}, {"many at once", together},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, a)
		})
	}
}
