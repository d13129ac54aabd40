package team

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// ErrSignedOut says that there is no session to speak with.
var ErrSignedOut = errors.New("nobody is signed in")

// early is how long before its end a token is renewed, so that a request on
// its way does not arrive with an expired one.
const early = 20 * time.Second

// Connect signs in. admit is asked whether this account may use the database;
// its error undoes the sign-in and is returned.
func (c *Client) Connect(ctx context.Context, conn httpapi.Connection, admit func(httpapi.Me) error) error {
	base, err := parseServer(conn.URL)
	if err != nil {
		return err
	}
	var s httpapi.Session
	device := httpapi.Device{ID: c.cfg.DeviceID, Name: c.cfg.DeviceName}
	err = c.plain(ctx, base, "/api/auth/login", httpapi.Credentials{Email: conn.Email, Password: conn.Password, Device: device}, &s)
	if err != nil {
		return err
	}
	if err := admit(s.Me); err != nil {
		c.leave(ctx, base, s.AccessToken)
		return err
	}
	if err := c.cfg.Settings.SaveSetting(ctx, "server", known{URL: base, Me: s.Me}); err != nil {
		return fmt.Errorf("keep the server's address: %w", err)
	}
	c.mu.Lock()
	c.known = known{URL: base, Me: s.Me}
	c.mu.Unlock()
	if err := c.keep(ctx, s); err != nil {
		return err
	}
	c.set("connected", "")
	return nil
}

// Disconnect signs out. The address and the account stay known, so that only
// they can sign in to this database again.
func (c *Client) Disconnect(ctx context.Context) error {
	c.mu.Lock()
	base, access := c.known.URL, c.tokens.Access
	c.mu.Unlock()
	err := c.forget(ctx)
	if base != "" {
		c.leave(ctx, base, access)
	}
	return err
}

// forget drops the session without telling the server.
func (c *Client) forget(ctx context.Context) error {
	c.mu.Lock()
	base := c.known.URL
	c.tokens = tokens{}
	c.mu.Unlock()
	err := c.cfg.Secrets.Delete(ctx, secretName)
	if base != "" {
		c.set("signed_out", "")
	}
	return err
}

// leave tells the server, which may be away: the session then ends by itself.
func (c *Client) leave(ctx context.Context, base, access string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	req, err := newRequest(ctx, http.MethodPost, base+"/api/auth/logout", access, nil)
	if err == nil {
		err = c.exchange(c.http, req, nil)
	}
	if err != nil {
		c.cfg.Log.InfoContext(ctx, "sign-out did not reach the server", "err", fault.Cause(err))
	}
}

// keep stores new tokens before anything uses them: a crash in between repeats
// the refresh with the old token, which the server answers with the same
// successor.
func (c *Client) keep(ctx context.Context, s httpapi.Session) error {
	t := tokens{Access: s.AccessToken, Refresh: s.RefreshToken, Expires: s.ExpiresAt}
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode the session: %w", err)
	}
	if err := c.cfg.Secrets.Set(ctx, secretName, string(text)); err != nil {
		return fmt.Errorf("keep the session: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens = t
	return nil
}

// Token returns an access token that is not stale, renewing it when need be.
// Returns ErrSignedOut, or a fault when the server does not answer.
func (c *Client) Token(ctx context.Context, stale string) (string, error) {
	if t, ok := c.current(stale); ok {
		return t, nil
	}
	c.renewing.Lock()
	defer c.renewing.Unlock()
	if t, ok := c.current(stale); ok { // somebody else renewed it meanwhile
		return t, nil
	}
	c.mu.Lock()
	base, refresh, me := c.known.URL, c.tokens.Refresh, c.known.Me
	c.mu.Unlock()
	if refresh == "" {
		return "", ErrSignedOut
	}
	var s httpapi.Session
	err := c.plain(ctx, base, "/api/auth/refresh", httpapi.Refresh{RefreshToken: refresh, DeviceID: c.cfg.DeviceID}, &s)
	if code := fault.CodeOf(err); code == fault.Unauthenticated || code == fault.TokenExpired || code == fault.Forbidden {
		c.set("signed_out", "The server ended this session.")
		return "", ErrSignedOut
	}
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	left := c.tokens.Refresh != refresh // somebody signed out meanwhile
	c.mu.Unlock()
	if left || s.Me.UserID != "" && s.Me.UserID != me.UserID {
		return "", ErrSignedOut
	}
	if err := c.keep(context.WithoutCancel(ctx), s); err != nil {
		return "", err
	}
	return s.AccessToken, nil
}

// current returns the token in hand, if it still serves.
func (c *Client) current(stale string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tokens
	return t.Access, t.Access != "" && t.Access != stale && c.cfg.Now().Add(early).Before(t.Expires)
}
