package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
)

// embeddings passes requests to embed on; they are not translated.
type embeddings struct{}

var _ broker.Surface = embeddings{}

func (embeddings) Wire() llm.Wire { return llm.OpenAIEmbeddings }

func (embeddings) Read(body []byte) (broker.Request, error) {
	r, err := openai.ReadRequest(body)
	if err != nil {
		return nil, err
	}
	return embedRequest{r, len(body)}, nil
}

func (embeddings) Inspect(body []byte) (broker.Seen, *fault.Fault) {
	seen, f := openai.Inspect(body)
	return broker.Seen{Model: seen.Model, Usage: seen.Usage, HasUsage: seen.HasUsage, Bytes: seen.Bytes, Whole: seen.Whole}, f
}

func (embeddings) Failure(status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	return openai.Failure(status, header, body, now)
}

// Watch and Write are for streams and chats, which this is not.
func (embeddings) Watch(broker.Request, func() time.Time) broker.Watcher { return nil }

func (embeddings) Write(broker.Request, broker.Seen) broker.Encoder { return nil }

// embedRequest is a request to embed as openai reads it.
type embedRequest struct {
	openai.Request
	size int
}

func (r embedRequest) Model() string { return r.Request.Model }

// Stream is false: vectors come as a whole, whatever the request says.
func (r embedRequest) Stream() bool { return false }

func (r embedRequest) Bound() broker.Bound { return broker.Bound{Input: r.size, Choices: 1} }

func (r embedRequest) Rewrite(model string, _ int) []byte { return r.Request.Rewrite(model, false) }

var errNoChat = errors.New("embeddings are no chat")

func (r embedRequest) Chat() (llm.ChatRequest, error) {
	return llm.ChatRequest{}, fault.New(fault.BadRequest, "This model cannot be used through this interface.", errNoChat).At("model")
}

func (r embedRequest) Plain() bool { return false }

func (r embedRequest) Affinity() string { return "" }

// Do implements broker.Doer for a provider that does not speak this wire.
func (r embedRequest) Do(context.Context, llm.Client, string) (broker.Answer, error) {
	_, err := r.Chat()
	return broker.Answer{}, err
}
