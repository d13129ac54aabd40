package gemini

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// Pictures fetches a picture from an address that a caller gave: this wire
// takes bytes only.
type Pictures interface {
	Fetch(ctx context.Context, url string) (llm.Image, error)
}

// Config of a Client.
type Config struct {
	BaseURL   string             // required: "https://generativelanguage.googleapis.com/v1beta"
	APIKey    endpoint.Secret    // empty sends no x-goog-api-key
	HTTP      *http.Client       // required: decides what may be dialled
	Pictures  Pictures           // nil: pictures by address are refused
	Deadlines endpoint.Deadlines // zero fields take those of endpoint.Hosted
	MaxAnswer int64              // bytes of an answer that is not streamed; default 64 MiB
	Log       *slog.Logger       // required
	Now       func() time.Time
	NewID     func() string // names tool calls that come without a name; default random
}

// Client is one endpoint. It is safe for concurrent use and holds no state.
type Client struct {
	endpoint *endpoint.Endpoint
	pictures Pictures
	newID    func() string
}

var (
	_ llm.Client    = (*Client)(nil)
	_ llm.Forwarder = (*Client)(nil)
	_ llm.Counter   = (*Client)(nil)
	_ llm.Lossy     = (*Client)(nil)
)

// New checks cfg and connects to nothing.
func New(cfg Config) (*Client, error) {
	e, err := endpoint.New("gemini", endpoint.Config{
		BaseURL: cfg.BaseURL, Key: cfg.APIKey, KeyHeader: "X-Goog-Api-Key", HTTP: cfg.HTTP, Deadlines: cfg.Deadlines,
		MaxAnswer: cfg.MaxAnswer, Log: cfg.Log, Now: cfg.Now, Failure: Failure,
	})
	if err != nil {
		return nil, err
	}
	c := &Client{endpoint: e, pictures: cfg.Pictures, newID: cfg.NewID}
	if c.newID == nil {
		c.newID = func() string { return "call_" + uuid.NewString() }
	}
	return c, nil
}

// place is the path of one of a model's methods.
func place(model, method string) string {
	return "/models/" + url.PathEscape(strings.TrimPrefix(model, "models/")) + ":" + method
}

// maxPages bounds the walk through a list of models.
const maxPages = 20

// Models lists what the endpoint serves, all pages of it.
func (c *Client) Models(ctx context.Context) ([]llm.Model, error) {
	models, token := []llm.Model{}, ""
	for range maxPages {
		var page struct {
			Models *[]struct {
				Name string `json:"name"`
			} `json:"models"`
			Next  string          `json:"nextPageToken"`
			Error json.RawMessage `json:"error"`
		}
		path := "/models?pageSize=1000"
		if token != "" {
			path += "&pageToken=" + url.QueryEscape(token)
		}
		if err := c.exchange(ctx, endpoint.Call{Method: http.MethodGet, Path: path}, &page); err != nil {
			return nil, err
		}
		if page.Models == nil { // an error in a 200, or another kind of server
			return nil, providerError(0, page.Error)
		}
		for _, m := range *page.Models {
			models = append(models, llm.Model{ID: strings.TrimPrefix(m.Name, "models/")})
		}
		if page.Next == "" || page.Next == token {
			return models, nil
		}
		token = page.Next
	}
	return models, nil
}

// CountTokens implements llm.Counter.
func (c *Client) CountTokens(ctx context.Context, req llm.ChatRequest) (int, error) {
	p, err := c.plan(ctx, req)
	if err != nil {
		return 0, err
	}
	body, err := json.Marshal(map[string]any{"generateContentRequest": counted{
		Model: "models/" + strings.TrimPrefix(req.Model, "models/"), requestBody: p.body,
	}})
	if err != nil {
		return 0, unencodable(err)
	}
	var got struct {
		Total *int            `json:"totalTokens"`
		Error json.RawMessage `json:"error"`
	}
	if err := c.exchange(ctx, endpoint.Call{Path: place(req.Model, "countTokens"), Body: body}, &got); err != nil {
		return 0, err
	}
	if got.Total == nil || *got.Total < 0 {
		return 0, providerError(0, got.Error)
	}
	return *got.Total, nil
}

// counted is a request inside a request to count it, which repeats the model.
type counted struct {
	Model string `json:"model"`
	requestBody
}

func (c *Client) exchange(ctx context.Context, call endpoint.Call, out any) error {
	answer, _, err := c.endpoint.Exchange(ctx, call)
	if err != nil {
		return err
	}
	return endpoint.Decode("the answer of "+call.Path, answer, out)
}

// Speaks implements llm.Forwarder: no caller speaks this wire, so nothing is
// passed on in bytes.
func (c *Client) Speaks(llm.Wire) bool { return false }

// Send implements llm.Forwarder.
func (c *Client) Send(_ context.Context, f llm.Forward) (*http.Response, error) {
	return nil, endpoint.Refuses(f.Wire)
}
