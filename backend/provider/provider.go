// Package provider opens a client for any kind of model provider.
package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/gemini"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/responses"
)

// Kind names how a provider is spoken to. It is kept in databases and files.
type Kind string

// The kinds. Compatible is any endpoint that speaks OpenAI's wire.
const (
	OpenAI     Kind = "openai"
	Anthropic  Kind = "anthropic"
	Gemini     Kind = "gemini"
	DeepSeek   Kind = "deepseek"
	Mistral    Kind = "mistral"
	Meta       Kind = "meta"
	Azure      Kind = "azure"
	VLLM       Kind = "vllm"
	LlamaCPP   Kind = "llamacpp"
	Ollama     Kind = "ollama"
	Whisper    Kind = "whisper"
	Cohere     Kind = "cohere"
	Jina       Kind = "jina"
	Compatible Kind = "compatible"
)

// About says what a person should know of a kind.
type About struct {
	Kind       Kind
	Name       string
	BaseURL    string // usual; empty: it must be said
	Example    string // of an address, where everybody has one of their own
	Key        bool   // it wants one
	Local      bool   // usually runs on machines of one's own
	APIVersion string // usual; empty: the wire has none
}

// kinds are all, vendors first.
var kinds = [...]About{
	{Kind: OpenAI, Name: "OpenAI", BaseURL: "https://api.openai.com/v1", Key: true},
	{Kind: Anthropic, Name: "Anthropic", BaseURL: "https://api.anthropic.com/v1", Key: true},
	{Kind: Gemini, Name: "Google Gemini", BaseURL: "https://generativelanguage.googleapis.com/v1beta", Key: true},
	{Kind: DeepSeek, Name: "DeepSeek", BaseURL: "https://api.deepseek.com", Key: true},
	{Kind: Mistral, Name: "Mistral", BaseURL: "https://api.mistral.ai/v1", Key: true},
	{Kind: Meta, Name: "Meta Llama API", BaseURL: "https://api.llama.com/compat/v1", Key: true},
	{Kind: Azure, Name: "Azure OpenAI", Example: "https://example.openai.azure.com/openai", Key: true, APIVersion: openai.AzureVersion},
	{Kind: Cohere, Name: "Cohere", BaseURL: "https://api.cohere.com/v2", Key: true},
	{Kind: Jina, Name: "Jina", BaseURL: "https://api.jina.ai/v1", Key: true},
	{Kind: VLLM, Name: "vLLM", BaseURL: "http://127.0.0.1:8000/v1", Example: "http://10.0.4.2:8000/v1", Local: true},
	{Kind: LlamaCPP, Name: "llama.cpp", BaseURL: "http://127.0.0.1:8080/v1", Example: "http://10.0.4.2:8080/v1", Local: true},
	{Kind: Ollama, Name: "Ollama", BaseURL: "http://127.0.0.1:11434/v1", Example: "http://10.0.4.2:11434/v1", Local: true},
	{Kind: Whisper, Name: "whisper.cpp", BaseURL: "http://127.0.0.1:8080/v1", Example: "http://10.0.4.2:8080/v1", Local: true},
	{Kind: Compatible, Name: "OpenAI-compatible", Example: "https://api.example.com/v1"},
}

// Kinds lists all, vendors first. The caller may change the slice.
func Kinds() []About { return slices.Clone(kinds[:]) }

// Of finds a kind, and says whether there is such a one.
func Of(kind Kind) (About, bool) {
	for _, a := range kinds {
		if a.Kind == kind {
			return a, true
		}
	}
	return About{}, false
}

// TellsLoad says that engines of a kind tell how loaded they are; see package
// gauge.
func TellsLoad(kind Kind) bool { return kind == VLLM || kind == LlamaCPP }

// Client is what every kind can do. A client may also be an llm.Transcriber,
// llm.Speaker, llm.Reranker or llm.Counter; that its provider serves such models
// is another matter.
type Client interface {
	llm.Client
	llm.Forwarder
	llm.Lossy
}

// Config of a client.
type Config struct {
	Kind       Kind            // required
	BaseURL    string          // default: the kind's usual one
	APIVersion string          // Azure; default the newest that is no preview
	Key        endpoint.Secret // empty: no authentication is sent
	HTTP       *http.Client    // required: decides what may be dialled
	Pictures   Pictures        // fetches pictures for who wants them in bytes; nil: refused there
	// Inside says that an address is in our own network (egress.Policy.Inside):
	// an engine there is told no addresses of pictures, whatever its kind, since it
	// would fetch them from where their caller cannot reach. nil: none is.
	Inside    func(ctx context.Context, url string) bool
	Deadlines endpoint.Deadlines // zero fields take the usual ones
	// ForceTools says of which models a schema must force the tool calls that
	// they never make by themselves (catalog.Model.ForcedTools); nil: of none.
	ForceTools func(model string) bool
	Log        *slog.Logger // required
	Now        func() time.Time
	NewID      func() string
}

// Pictures fetches a picture from an address that a caller gave; see
// picture.Fetcher.
type Pictures interface {
	Fetch(ctx context.Context, url string) (llm.Image, error)
}

// Open checks cfg and connects to nothing.
func Open(cfg Config) (Client, error) {
	about, ok := Of(cfg.Kind)
	if !ok {
		return nil, fmt.Errorf("provider: there is no kind %q", cfg.Kind)
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = about.BaseURL
	}
	if cfg.BaseURL == "" {
		return nil, errors.New("provider: BaseURL is required")
	}
	if cfg.Deadlines == (endpoint.Deadlines{}) && about.Local {
		cfg.Deadlines = endpoint.Local()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Inside == nil {
		cfg.Inside = func(context.Context, string) bool { return false }
	}
	at := &site{url: cfg.BaseURL, look: cfg.Inside, now: cfg.Now}
	switch cfg.Kind {
	case Anthropic:
		return anthropic.New(anthropic.Config{
			BaseURL: cfg.BaseURL, APIKey: cfg.Key, HTTP: cfg.HTTP, Pictures: cfg.Pictures, Inside: at.inside, Deadlines: cfg.Deadlines,
			Log: cfg.Log, Now: cfg.Now,
		})
	case Gemini:
		return gemini.New(gemini.Config{
			BaseURL: cfg.BaseURL, APIKey: cfg.Key, HTTP: cfg.HTTP, Pictures: cfg.Pictures, Deadlines: cfg.Deadlines,
			Log: cfg.Log, Now: cfg.Now, NewID: cfg.NewID,
		})
	}
	return openai.New(openai.Config{
		BaseURL: cfg.BaseURL, APIKey: cfg.Key, Dialect: dialect(cfg), HTTP: cfg.HTTP, Pictures: cfg.Pictures, Inside: at.inside,
		Deadlines: cfg.Deadlines, Log: cfg.Log, Now: cfg.Now, NewID: cfg.NewID, ForceTools: cfg.ForceTools,
	})
}

// ResponsesOnly is c for a model that answers on OpenAI's Responses wire alone
// (catalog.Responses): chats of every other surface are translated into it.
// Where c does not speak that wire it stays as it is.
func ResponsesOnly(c Client) Client {
	own, ok := c.(*openai.Client)
	if !ok || !own.Speaks(llm.OpenAIResponses) {
		return c
	}
	return responses.Client{Client: own}
}

// dialect of a kind. Of Compatible, and of OpenAI somewhere else than at home,
// it is the zero one, which is guessed from the address.
func dialect(cfg Config) openai.Dialect {
	switch cfg.Kind {
	case DeepSeek:
		return openai.DeepSeek()
	case Mistral:
		return openai.Mistral()
	case Meta:
		return openai.Meta()
	case Azure:
		return openai.Azure(cfg.BaseURL, cfg.APIVersion)
	case VLLM:
		return openai.VLLM()
	case LlamaCPP:
		return openai.LlamaCPP()
	case Ollama:
		return openai.Ollama()
	case Whisper:
		return openai.Whisper()
	case Cohere:
		return openai.Cohere()
	case Jina:
		return openai.Jina()
	}
	return openai.Dialect{}
}
