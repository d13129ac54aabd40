package openai

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

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
	Dialect   Dialect      // the zero value is guessed from BaseURL
	HTTP      *http.Client // required: decides what may be dialled (egress, a Unix socket)
	Deadlines Deadlines    // zero fields take those of Hosted
	MaxAnswer int64        // bytes of an answer that is not streamed; default 64 MiB
	Log       *slog.Logger // required
	Now       func() time.Time
	NewID     func() string // names tool calls that their model does not name; default a random one
	// Pictures are fetched for an endpoint that wants them in bytes. Without it a
	// picture that is an address is refused there.
	Pictures pictures
	// Inside says that the endpoint is in our own network and so wants pictures
	// in bytes, whatever its dialect takes; nil: it is not.
	Inside func() bool
	// ForceTools says of which models a schema must force the tool calls that
	// they never make by themselves; nil: of none.
	ForceTools func(model string) bool
}

// pictures fetches a picture from an address that a caller gave.
type pictures interface {
	Fetch(ctx context.Context, url string) (llm.Image, error)
}

// Client is one endpoint. It is safe for concurrent use and holds no state.
type Client struct {
	endpoint   *endpoint.Endpoint
	lister     *endpoint.Endpoint // where the list of models is
	dialect    Dialect
	newID      func() string
	pictures   pictures
	inside     func() bool
	forceTools func(model string) bool
	now        func() time.Time
	queue      *queue // nil: any number of calls at a time
}

var _ llm.Client = (*Client)(nil)

// New checks cfg and connects to nothing.
func New(cfg Config) (*Client, error) {
	d := cfg.Dialect
	if d.Name == "" {
		d = DialectOf(cfg.BaseURL)
	}
	d = d.filled()
	at := endpoint.Config{
		BaseURL: cfg.BaseURL, Key: cfg.APIKey, KeyHeader: d.KeyHeader, HTTP: cfg.HTTP, Deadlines: cfg.Deadlines,
		MaxAnswer: cfg.MaxAnswer, Log: cfg.Log, Now: cfg.Now, Failure: Failure, Query: d.Query, RequestID: d.RequestID,
	}
	if at.KeyHeader == "" {
		at.KeyPrefix = "Bearer "
	}
	if d.HangsUp {
		at.Header = http.Header{"Connection": {"close"}}
	}
	e, err := endpoint.New("openai", at)
	if err != nil {
		return nil, err
	}
	lister := e
	if d.ListsAtRoot {
		at.BaseURL = strings.TrimSuffix(strings.TrimRight(cfg.BaseURL, "/"), "/v1")
		if lister, err = endpoint.New("openai", at); err != nil {
			return nil, err
		}
	}
	c := &Client{endpoint: e, lister: lister, dialect: d, newID: cfg.NewID, now: cfg.Now, pictures: cfg.Pictures, inside: cfg.Inside, forceTools: cfg.ForceTools}
	if c.now == nil {
		c.now = time.Now
	}
	if d.OneCall {
		c.queue = newQueue()
	}
	if c.newID == nil {
		c.newID = uuid.NewString
	}
	return c, nil
}

// At is where a wire is, for adapters of other wires at the same endpoint; no
// path: nowhere.
func (c *Client) At(w llm.Wire, model string) (*endpoint.Endpoint, string) {
	return c.endpoint, c.dialect.path(w, model)
}

// exchange sends one request whose whole answer is decoded into out.
func (c *Client) exchange(ctx context.Context, method, path string, body []byte, out any) error {
	answer, _, err := c.endpoint.Exchange(ctx, endpoint.Call{Method: method, Path: path, Body: body})
	if err != nil {
		return err
	}
	return endpoint.Decode("the answer of "+path, answer, out)
}
