package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// maxErrorBody bounds how much of an error answer is read.
const maxErrorBody = 64 << 10

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
	base      string
	key       Secret
	http      *http.Client
	limits    Deadlines
	newLimit  bool // see encodeChat
	maxAnswer int64
	log       *slog.Logger
	now       func() time.Time
}

var _ llm.Client = (*Client)(nil)

// New checks cfg and connects to nothing.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("openai: BaseURL must be http(s)://host[:port][/path]")
	}
	if cfg.HTTP == nil || cfg.Log == nil {
		return nil, errors.New("openai: HTTP and Log are required")
	}
	if strings.ContainsAny(cfg.APIKey.Reveal(), "\r\n\x00") {
		return nil, errors.New("openai: APIKey holds a line break")
	}
	c := &Client{
		base: strings.TrimRight(cfg.BaseURL, "/"), key: cfg.APIKey, http: cfg.HTTP,
		limits: cfg.Deadlines.filled(), newLimit: u.Hostname() == "api.openai.com", maxAnswer: cfg.MaxAnswer, log: cfg.Log, now: cfg.Now,
	}
	if c.maxAnswer <= 0 {
		c.maxAnswer = 64 << 20
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
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
		return nil, c.clean(providerError(0, list.Error))
	}
	models := make([]llm.Model, 0, len(*list.Data))
	for _, m := range *list.Data {
		models = append(models, llm.Model{ID: m.ID})
	}
	return models, nil
}

// exchange sends one request whose whole answer is decoded into out.
func (c *Client) exchange(ctx context.Context, method, path string, body []byte, out any) error {
	ctx, phase := withPhases(ctx, c.limits.Connect, "the answer", c.limits.Answer)
	defer phase.stop()
	resp, err := c.do(ctx, method, path, nil, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return c.failure(resp)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, c.maxAnswer+1))
	if err != nil {
		return transportFault(ctx, fmt.Errorf("read %s: %w", path, err), safeCut)
	}
	if int64(len(answer)) > c.maxAnswer {
		return malformed(fmt.Errorf("the answer of %s is over %d bytes", path, c.maxAnswer))
	}
	if len(bytes.TrimSpace(answer)) == 0 {
		return fault.New(fault.UpstreamFailed, safeEmpty, fmt.Errorf("%s answered %d with no bytes", path, resp.StatusCode))
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return malformed(fmt.Errorf("decode the answer of %s: %w", path, err))
	}
	return nil
}

// do sends a request; the caller closes the body of the response.
func (c *Client) do(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fault.New(fault.Internal, "Something went wrong on our side.", fmt.Errorf("build a request for %s: %w", path, err))
	}
	req.Header.Set("Accept", "application/json, text/event-stream")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	// Not gzip: it would make a stream arrive in lumps and its bytes differ.
	req.Header.Set("Accept-Encoding", "identity")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key.Reveal())
	}
	started := c.now()
	resp, err := c.http.Do(req)
	if err == nil {
		c.log.DebugContext(ctx, "provider answered", "path", path, "status", resp.StatusCode, "dur_ms", c.now().Sub(started).Milliseconds())
	}
	if err != nil {
		return nil, transportFault(ctx, fmt.Errorf("send %s: %w", path, err), safeAway)
	}
	return resp, nil
}

// failure reads the provider's error; the key is taken out of its words.
func (c *Client) failure(resp *http.Response) *fault.Fault {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // half a message still says something
	return Failure(resp.StatusCode, resp.Header, []byte(c.key.scrub(string(body))), c.now())
}

// clean takes the key out of the cause of err, should a provider have echoed it.
func (c *Client) clean(err error) error {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || f.Err == nil {
		return err
	}
	copied := *f
	copied.Err = scrubbed{text: c.key.scrub(fault.Cause(f.Err)), err: f.Err}
	return &copied
}

// scrubbed is an error whose text is free of the key.
type scrubbed struct {
	text string
	err  error
}

func (s scrubbed) Error() string { return s.text }
func (s scrubbed) Unwrap() error { return s.err }
