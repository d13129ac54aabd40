package anthropic

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/picture"
)

// apiVersion is the version of the wire that this package speaks.
const apiVersion = "2023-06-01"

// Config of a Client.
type Config struct {
	BaseURL   string             // required: "https://api.anthropic.com/v1"
	APIKey    endpoint.Secret    // empty sends no x-api-key
	HTTP      *http.Client       // required: decides what may be dialled
	Pictures  pictures           // fetches pictures for an endpoint inside; nil: addresses are refused there
	Inside    func() bool        // it is in our own network and so wants pictures in bytes; nil: it is not
	Deadlines endpoint.Deadlines // zero fields take those of endpoint.Hosted
	MaxAnswer int64              // bytes of an answer that is not streamed; default 64 MiB
	Log       *slog.Logger       // required
	Now       func() time.Time
}

// pictures fetches a picture from an address that a caller gave.
type pictures interface {
	Fetch(ctx context.Context, url string) (llm.Image, error)
}

// Client is one endpoint. It is safe for concurrent use and holds no state.
type Client struct {
	endpoint *endpoint.Endpoint
	pictures pictures
	inside   func() bool
}

var (
	_ llm.Addressed = (*Client)(nil)
	_ llm.Client    = (*Client)(nil)
	_ llm.Forwarder = (*Client)(nil)
	_ llm.Counter   = (*Client)(nil)
	_ llm.Lossy     = (*Client)(nil)
)

// New checks cfg and connects to nothing.
func New(cfg Config) (*Client, error) {
	e, err := endpoint.New("anthropic", endpoint.Config{
		BaseURL: cfg.BaseURL, Key: cfg.APIKey, KeyHeader: "X-Api-Key", RequestID: "Request-Id",
		Header: http.Header{"Anthropic-Version": {apiVersion}}, HTTP: cfg.HTTP, Deadlines: cfg.Deadlines,
		MaxAnswer: cfg.MaxAnswer, Log: cfg.Log, Now: cfg.Now, Failure: Failure,
	})
	if err != nil {
		return nil, err
	}
	return &Client{endpoint: e, pictures: cfg.Pictures, inside: cfg.Inside}, nil
}

// maxPages bounds the walk through a list of models.
const maxPages = 20

// Models lists what the endpoint serves, all pages of it.
func (c *Client) Models(ctx context.Context) ([]llm.Model, error) {
	models, after := []llm.Model{}, ""
	for range maxPages {
		var page struct {
			Data *[]struct {
				ID string `json:"id"`
			} `json:"data"`
			HasMore bool            `json:"has_more"`
			LastID  string          `json:"last_id"`
			Error   json.RawMessage `json:"error"`
		}
		path := "/models?limit=1000"
		if after != "" {
			path += "&after_id=" + url.QueryEscape(after)
		}
		if err := c.exchange(ctx, endpoint.Call{Method: http.MethodGet, Path: path}, &page); err != nil {
			return nil, err
		}
		if page.Data == nil { // an error in a 200, or another kind of server
			return nil, providerError(0, page.Error)
		}
		for _, m := range *page.Data {
			models = append(models, llm.Model{ID: m.ID})
		}
		if !page.HasMore || page.LastID == "" || page.LastID == after {
			return models, nil
		}
		after = page.LastID
	}
	return models, nil
}

// CountTokens implements llm.Counter.
func (c *Client) CountTokens(ctx context.Context, req llm.ChatRequest) (int, error) {
	p, err := c.encode(ctx, req)
	if err != nil {
		return 0, err
	}
	count := p.body.counted()
	body, err := json.Marshal(count)
	if err != nil {
		return 0, unencodable(err)
	}
	var got struct {
		InputTokens *int            `json:"input_tokens"`
		Error       json.RawMessage `json:"error"`
	}
	if err := c.exchange(ctx, endpoint.Call{Path: "/messages/count_tokens", Body: body}, &got); err != nil {
		return 0, err
	}
	if got.InputTokens == nil || *got.InputTokens < 0 {
		return 0, providerError(0, got.Error)
	}
	return *got.InputTokens, nil
}

// Embed implements llm.Client: this wire has no embeddings.
func (c *Client) Embed(context.Context, llm.EmbedRequest) (llm.Embeddings, error) {
	return llm.Embeddings{}, fault.New(fault.BadRequest, "This provider makes no embeddings.", errors.New("embed over the messages wire")).At("model")
}

func (c *Client) exchange(ctx context.Context, call endpoint.Call, out any) error {
	answer, _, err := c.endpoint.Exchange(ctx, call)
	if err != nil {
		return err
	}
	return endpoint.Decode("the answer of "+call.Path, answer, out)
}

// forwarded are the caller's headers that may reach a provider.
var forwarded = []string{
	"Accept", "Accept-Language", "Anthropic-Beta", "Anthropic-Version", "Content-Type", "User-Agent",
}

var paths = map[llm.Wire]string{
	llm.AnthropicMessages: "/messages", llm.AnthropicCount: "/messages/count_tokens",
}

// TakesAddresses implements llm.Addressed.
func (c *Client) TakesAddresses() bool { return c.inside == nil || !c.inside() }

// encode is encode, with pictures in bytes where the endpoint wants them so.
func (c *Client) encode(ctx context.Context, req llm.ChatRequest) (*plan, error) {
	if picture.ByAddress(req.Messages) && !c.TakesAddresses() {
		var err error
		if req.Messages, err = picture.Inline(ctx, c.pictures, req.Messages); err != nil {
			return nil, fault.From(err)
		}
	}
	return encode(req)
}

// Speaks implements llm.Forwarder.
func (c *Client) Speaks(w llm.Wire) bool { return paths[w] != "" }

// Send implements llm.Forwarder as endpoint.Forward does.
func (c *Client) Send(ctx context.Context, f llm.Forward) (*http.Response, error) {
	path := paths[f.Wire]
	if path == "" {
		return nil, endpoint.Refuses(f.Wire)
	}
	return c.endpoint.Forward(ctx, path, f, forwarded)
}
