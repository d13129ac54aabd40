package team

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// calm is the pause between looks at a server that answers; sync's own
// connection notices sooner, and calls Kick.
const calm = 15 * time.Second

// Kick looks at the server now.
func (c *Client) Kick() {
	select {
	case c.wake <- struct{}{}:
	default: // a look is due already
	}
}

// Run keeps State true until ctx ends.
func (c *Client) Run(ctx context.Context) error {
	for {
		c.look(ctx)
		pause := c.cfg.Probe
		if p := c.State().Phase; p == "connected" || p == "none" || p == "signed_out" {
			pause = calm
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-c.wake:
			timer.Stop()
			if !wait(ctx, 100*time.Millisecond) { // a burst of kicks is one look
				return nil
			}
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// look asks for liveness; when the server comes back it also proves the token.
func (c *Client) look(ctx context.Context) {
	state := c.State()
	if state.Phase == "none" || state.Phase == "signed_out" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := newRequest(ctx, http.MethodGet, state.URL+"/healthz", "", nil)
	if err != nil {
		return
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			c.set("offline", "The server does not answer.")
		}
		return
	}
	_ = resp.Body.Close() // nothing in it is read
	if resp.StatusCode >= 500 {
		c.set("offline", "The server is not ready.")
		return
	}
	if _, err := c.Token(ctx, ""); err == nil {
		c.set("connected", "")
	}
}
