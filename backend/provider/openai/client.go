package openai

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// Secret is a provider's key.
type Secret = endpoint.Secret

// Deadlines bound the phases of one call; 0 takes the value of Hosted.
type Deadlines = endpoint.Deadlines

// Hosted suits providers on the internet.
func Hosted() Deadlines { return endpoint.Hosted() }

// Local suits a model on this machine, which may first read a long prompt or
// wait for a slot.
func Local() Deadlines { return endpoint.Local() }

// Config of a Client.
type Config struct {
	BaseURL   string       // required, up to and including the version: "https://api.example.com/v1"
	APIKey    Secret       // empty sends no Authorization
	HTTP      *http.Client // required: decides what may be dialled (egress, a Unix socket)
	Deadlines Deadlines    // zero fields take those of Hosted
	MaxAnswer int64        // bytes of an answer that is not streamed; default 64 MiB
	Log       *slog.Logger // required
	Now       func() time.Time
}

// Client is one endpoint. It is safe for concurrent use and holds no state.
type Client struct {
	endpoint *endpoint.Endpoint
	newLimit bool // see encodeChat
}

var _ llm.Client = (*Client)(nil)

// New checks cfg and connects to nothing.
func New(cfg Config) (*Client, error) {
	e, err := endpoint.New("openai", endpoint.Config{
		BaseURL: cfg.BaseURL, Key: cfg.APIKey, KeyPrefix: "Bearer ", HTTP: cfg.HTTP, Deadlines: cfg.Deadlines,
		MaxAnswer: cfg.MaxAnswer, Log: cfg.Log, Now: cfg.Now, Failure: Failure,
	})
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	return &Client{endpoint: e, newLimit: u.Hostname() == "api.openai.com"}, nil
}

// Models lists what the endpoint serves.
func (c *Client) Models(ctx context.Context) ([]llm.Model, error) {
	var list struct {
		Data  *[]sdk.Model    `json:"data"`
		Error json.RawMessage `json:"error"`
	}
	if err := c.exchange(ctx, http.MethodGet, "/models", nil, &list); err != nil {
		return nil, err
	}
	if list.Data == nil { // an error in a 200, or another kind of server
		return nil, c.endpoint.Clean(providerError(0, list.Error))
	}
	models := make([]llm.Model, 0, len(*list.Data))
	for _, m := range *list.Data {
		models = append(models, llm.Model{ID: m.ID})
	}
	return models, nil
}

// exchange sends one request whose whole answer is decoded into out.
func (c *Client) exchange(ctx context.Context, method, path string, body []byte, out any) error {
	answer, _, err := c.endpoint.Exchange(ctx, endpoint.Call{Method: method, Path: path, Body: body})
	if err != nil {
		return err
	}
	return endpoint.Decode("the answer of "+path, answer, out)
}
