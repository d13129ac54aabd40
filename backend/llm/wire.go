package llm

import (
	"context"
	"net/http"
	"time"
)

// Wire names a protocol: the bytes of one kind of request and of its answer.
type Wire string

// The wires that callers and providers speak. What has no streams of its own
// (embeddings, audio, rerank) is a wire too: its bytes can be passed on.
const (
	OpenAIChat        Wire = "openai.chat"        // POST /chat/completions
	OpenAICompletions Wire = "openai.completions" // POST /completions
	OpenAIResponses   Wire = "openai.responses"   // POST /responses
	OpenAIEmbeddings  Wire = "openai.embeddings"  // POST /embeddings
	OpenAITranscribe  Wire = "openai.transcribe"  // POST /audio/transcriptions, multipart
	OpenAISpeech      Wire = "openai.speech"      // POST /audio/speech
	// The same two, answered in OpenAI's events: others have events of their own.
	OpenAITranscribeEvents Wire = "openai.transcribe.events"
	OpenAISpeechEvents     Wire = "openai.speech.events"
	Rerank                 Wire = "rerank"             // POST /rerank, as Cohere, Jina and vLLM have it
	AnthropicMessages      Wire = "anthropic.messages" // POST /messages
	AnthropicCount         Wire = "anthropic.count"    // POST /messages/count_tokens
	GeminiGenerate         Wire = "gemini.generate"    // POST /models/{model}:generateContent
)

// Forward is a request in bytes that a provider gets as they are.
type Forward struct {
	Wire   Wire
	Header http.Header // of the caller; only harmless names are passed on
	Body   []byte
	Stream bool // the answer is a stream of events
	// Deadlines of this request; zero fields take the client's own.
	Deadlines Deadlines
}

// Deadlines bound the phases of one streamed call. For an answer that is not
// streamed only Connect counts.
type Deadlines struct {
	Connect       time.Duration // to have a connection
	FirstToken    time.Duration // from the connection to the first content
	BetweenTokens time.Duration // of silence after that; keep-alive comments are no silence
}

// Forwarder passes requests on byte by byte. Its adapter knows the path, adds
// authentication and returns the answer whatever its status; closing the body
// or cancelling ctx frees the provider at once. Errors are faults. It never
// lets its key into an answer.
type Forwarder interface {
	// Speaks says whether the provider takes this wire's bytes.
	Speaks(w Wire) bool
	Send(ctx context.Context, f Forward) (*http.Response, error)
}

// Addressed is a Forwarder that says whether its provider may be given pictures
// by their address. One in our own network may not: it would fetch whatever it
// is told. A Forwarder that does not say may.
type Addressed interface{ TakesAddresses() bool }

// Lossy is implemented by a client whose wire cannot carry everything.
type Lossy interface {
	// Losses names the fields of req that would be left out, as paths in the
	// caller's words ("seed", "messages.2.image"); empty: nothing is lost.
	Losses(req ChatRequest) []string
}

// Counter is implemented by a client whose provider counts tokens without
// answering.
type Counter interface {
	CountTokens(ctx context.Context, req ChatRequest) (int, error)
}
