package team

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 32 << 20

// Chat starts the answer to a message, or attaches to the one there is.
func (c *Client) Chat(ctx context.Context, r httpapi.ChatRequest) (run httpapi.Run, err error) {
	return run, c.call(ctx, http.MethodPost, "/api/chat", r, &run)
}

// Stop ends a run.
func (c *Client) Stop(ctx context.Context, id string) (run httpapi.Run, err error) {
	return run, c.call(ctx, http.MethodPost, "/api/chat/runs/"+id+"/stop", nil, &run)
}

// Models lists what the server offers.
func (c *Client) Models(ctx context.Context) (models []httpapi.Model, err error) {
	return models, c.call(ctx, http.MethodGet, "/api/models", nil, &models)
}

// Spend is what the account spent today.
func (c *Client) Spend(ctx context.Context) (spend httpapi.Spend, err error) {
	return spend, c.call(ctx, http.MethodGet, "/api/usage/today", nil, &spend)
}

// Sessions lists where the account is signed in.
func (c *Client) Sessions(ctx context.Context) (all []httpapi.SessionInfo, err error) {
	return all, c.call(ctx, http.MethodGet, "/api/auth/sessions", nil, &all)
}

// EndSession ends one session of the account.
func (c *Client) EndSession(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/api/auth/sessions/"+url.PathEscape(id), nil, nil)
}

// EndSessions signs the account out everywhere, or everywhere but here.
func (c *Client) EndSessions(ctx context.Context, others bool) error {
	err := c.call(ctx, http.MethodDelete, "/api/auth/sessions?others="+strconv.FormatBool(others), nil, nil)
	if err == nil && !others {
		err = c.forget(context.WithoutCancel(ctx))
	}
	return err
}

// call makes a signed-in request; a token that the server refuses is renewed
// once.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	return c.signed(ctx, func(base, token string) error {
		req, err := newRequest(ctx, method, base+path, token, in)
		if err != nil {
			return err
		}
		return c.exchange(c.http, req, out)
	})
}

// signed runs fn with a token, twice when the first one was refused, and keeps
// the phase true to what came of it.
func (c *Client) signed(ctx context.Context, fn func(base, token string) error) error {
	stale := ""
	for {
		token, err := c.Token(ctx, stale)
		if errors.Is(err, ErrSignedOut) {
			return fault.New(c.Missing(), "Nobody is signed in to the server.", err).WithHint("Sign in again in the settings.")
		}
		if err == nil {
			err = fn(c.State().URL, token)
		}
		code := fault.CodeOf(err)
		if (code == fault.Unauthenticated || code == fault.TokenExpired) && stale == "" && token != "" {
			stale = token
			continue
		}
		c.observe(ctx, err)
		return err
	}
}

// observe learns from a call whether the server is there.
func (c *Client) observe(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // the caller gave up; that says nothing
	}
	if _, away := errors.AsType[awayError](err); away {
		if c.State().Phase != "signed_out" {
			c.set("offline", "The server does not answer.")
		}
		c.Kick()
		return
	}
	if p := c.State().Phase; p == "offline" || p == "connecting" {
		c.set("connected", "")
	}
}

// plain posts without a token: sign-in and refresh.
func (c *Client) plain(ctx context.Context, base, path string, in, out any) error {
	req, err := newRequest(ctx, http.MethodPost, base+path, "", in)
	if err != nil {
		return err
	}
	err = c.exchange(c.http, req, out)
	if _, away := errors.AsType[awayError](err); away {
		c.observe(ctx, err)
	}
	return err
}

func newRequest(ctx context.Context, method, url, token string, in any) (*http.Request, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encode a request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, fmt.Errorf("build a request: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// awayError marks that no server answered.
type awayError struct{ error }

func (e awayError) Unwrap() error { return e.error }

func away(err error) *fault.Fault {
	return fault.New("route.offline", "The server does not answer.", awayError{err}).WithHint("Check the network, or whether the server runs.")
}

// exchange sends req and decodes the answer into out, which may be nil. Every
// error is a fault.
func (c *Client) exchange(client *http.Client, req *http.Request, out any) error {
	resp, err := client.Do(req)
	if err != nil {
		return away(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return problem(resp)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil || len(text) > maxAnswer {
		return away(fmt.Errorf("read the answer of %s: %w", req.URL.Path, errors.Join(err, io.ErrUnexpectedEOF)))
	}
	if out == nil || len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fault.New("server.strange", "The server's answer makes no sense.", fmt.Errorf("decode the answer of %s: %w", req.URL.Path, err)).
			WithHint("Is this the address of a NexusAI server?")
	}
	return nil
}

// problem turns an error answer back into the fault it was. Anything that is
// not a problem document comes from something in between.
func problem(resp *http.Response) error {
	var p httpapi.Problem
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if json.Unmarshal(text, &p) != nil || p.Code == "" {
		err := fmt.Errorf("the server answered %s", resp.Status)
		if resp.StatusCode >= 500 {
			return away(err)
		}
		return fault.New("server.strange", "The server's answer makes no sense.", err).WithHint("Is this the address of a NexusAI server?")
	}
	return p.Fault(fmt.Errorf("the server answered %s, id %s", resp.Status, p.ID))
}
