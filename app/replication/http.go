package replication

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// HTTPConfig is what NewHTTP needs.
type HTTPConfig struct {
	BaseURL string       // of the server, without a path: "https://nexus.example"
	Client  *http.Client // required; its own time limit must not end live connections
	Tokens  TokenSource  // required
}

// HTTP is the Transport to a server's /api/sync. It may be used concurrently.
type HTTP struct{ cfg HTTPConfig }

var _ Transport = (*HTTP)(nil)

// NewHTTP checks the configuration; it does no I/O.
func NewHTTP(cfg HTTPConfig) (*HTTP, error) {
	if cfg.BaseURL == "" || cfg.Client == nil || cfg.Tokens == nil {
		return nil, errors.New("replication.HTTPConfig needs BaseURL, Client and Tokens")
	}
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	return &HTTP{cfg: cfg}, nil
}

const (
	maxAnswer  = 4 << 20  // of a push
	maxPage    = 64 << 20 // compressed
	maxProblem = 64 << 10
)

// Push implements Transport.
func (h *HTTP) Push(ctx context.Context, req wire.PushRequest) (wire.PushResponse, error) {
	var resp wire.PushResponse
	err := h.post(ctx, "/api/sync/push", req, func(body io.Reader) error {
		return json.NewDecoder(io.LimitReader(body, maxAnswer)).Decode(&resp)
	})
	if err == nil && !resp.Forked && len(resp.Results) != len(req.Ops) {
		err = fmt.Errorf("%w: %d results for %d operations", wire.ErrInvalid, len(resp.Results), len(req.Ops))
	}
	return resp, err
}

// Pull implements Transport.
func (h *HTTP) Pull(ctx context.Context, req wire.PullRequest) (wire.Page, error) {
	var page wire.Page
	err := h.post(ctx, "/api/sync/pull", req, func(body io.Reader) (err error) {
		page, err = wire.ReadPage(io.LimitReader(body, maxPage))
		return err
	})
	if err == nil && (page.Begin.Scope != req.Scope || page.Begin.From != req.Cursor) {
		err = fmt.Errorf("%w: a page of another scope or cursor", wire.ErrInvalid)
	}
	return page, err
}

// post sends a message, once more with a fresh token when the first is refused.
func (h *HTTP) post(ctx context.Context, path string, message any, read func(io.Reader) error) error {
	data, err := wire.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	resp, err := h.authorised(ctx, func(token string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.cfg.BaseURL+path, bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		return h.cfg.Client.Do(req)
	})
	if err != nil {
		return fmt.Errorf("post %s: %w", path, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	if err := read(resp.Body); err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	return nil
}

// authorised sends with a token, and again with another one after a 401. The
// caller closes the body.
func (h *HTTP) authorised(ctx context.Context, send func(token string) (*http.Response, error)) (*http.Response, error) {
	token, err := h.cfg.Tokens.Token(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("get a token: %w", err)
	}
	resp, err := send(token)
	if resp == nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	closeBody(resp)
	if token, err = h.cfg.Tokens.Token(ctx, token); err != nil {
		return nil, fmt.Errorf("get a fresh token: %w", err)
	}
	return send(token)
}

func closeBody(resp *http.Response) {
	if resp.Body != nil {
		_ = resp.Body.Close() // the answer is known; a broken connection is noticed by the next request
	}
}

// refusal reads what the server said no with. Only words that are certainly
// ours condemn an operation: anything may answer 400 or 404 on the way.
func refusal(resp *http.Response) *Refusal {
	out := &Refusal{Status: resp.StatusCode, Failure: replica.Failure{Kind: replica.Transient}}
	var problem struct {
		Code string `json:"code"`
		Want int64  `json:"want"`
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") {
		if err := json.NewDecoder(io.LimitReader(resp.Body, maxProblem)).Decode(&problem); err == nil {
			out.Code = problem.Code
		}
	}
	switch {
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		out.Failure.Kind = replica.Unauthorized
	case resp.StatusCode == http.StatusConflict && out.Code == "gap" && problem.Want > 0:
		out.Failure.Kind, out.Failure.Want = replica.Gap, problem.Want
	case out.Code == "request.invalid", out.Code == "request.too_large":
		out.Failure.Kind = replica.Invalid
	case out.Code == "gone":
		out.Failure.After = 10 * time.Minute // this program is too old: a person has to update it
	}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		out.Failure.After = min(time.Duration(s)*time.Second, time.Hour)
	}
	return out
}
