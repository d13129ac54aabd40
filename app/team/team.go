// Package team is the connection to the team's server: sign-in, tokens, and
// the calls of the contract that the desktop makes there.
package team

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// secretName is where the tokens are in the keychain.
const secretName = "session"

type secrets interface {
	Get(ctx context.Context, name string) (string, error)
	Set(ctx context.Context, name, value string) error
	Delete(ctx context.Context, name string) error
}

type settings interface {
	Setting(ctx context.Context, name string, dst any) error
	SaveSetting(ctx context.Context, name string, value any) error
}

// Config is what New needs.
type Config struct {
	Secrets    secrets      // required
	Settings   settings     // required
	DeviceID   string       // required; stays the same, so that a repeated refresh is no theft
	DeviceName string       // shown in the list of sessions
	Log        *slog.Logger // required
	Now        func() time.Time
	// Changed is called, without a lock held, when State may have changed.
	Changed func()
	// Probe is the pause between looks at a server that does not answer;
	// default 2 s.
	Probe time.Duration
}

// State is where the connection stands.
type State struct {
	Phase  string // none, connecting, connected, offline, signed_out; see httpapi.ServerStatus
	URL    string
	Me     httpapi.Me
	Detail string // why it is not connected
}

// known is what is kept about the server beside the secrets.
type known struct {
	URL string     `json:"url"`
	Me  httpapi.Me `json:"me"`
}

// tokens are kept in the keychain as JSON.
type tokens struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh"`
	Expires time.Time `json:"expires"`
}

// Client is the one connection of the app. Its methods may be called
// concurrently.
type Client struct {
	cfg    Config
	http   *http.Client // one request and its answer
	stream *http.Client // no limit on the body
	wake   chan struct{}

	mu     sync.Mutex // guards what follows; not held while waiting
	known  known
	tokens tokens
	phase  string
	detail string

	renewing sync.Mutex // one refresh at a time; held while waiting for its answer
}

// New checks cfg; it connects to nothing.
func New(cfg Config) (*Client, error) {
	if cfg.Secrets == nil || cfg.Settings == nil || cfg.DeviceID == "" || cfg.Log == nil {
		return nil, errors.New("team: Secrets, Settings, DeviceID and Log are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	if cfg.Probe <= 0 {
		cfg.Probe = 2 * time.Second
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second,
		MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true,
	}
	return &Client{
		cfg: cfg, phase: "none", wake: make(chan struct{}, 1),
		http:   &http.Client{Transport: transport, Timeout: 35 * time.Second, CheckRedirect: noRedirect},
		stream: &http.Client{Transport: transport, CheckRedirect: noRedirect},
	}, nil
}

// noRedirect: the token must not travel to another address.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Load reads what is kept; a missing or unreadable session is signed out.
func (c *Client) Load(ctx context.Context) error {
	var k known
	if err := c.cfg.Settings.Setting(ctx, "server", &k); err != nil {
		return fmt.Errorf("read the server's address: %w", err)
	}
	if k.URL == "" {
		return nil
	}
	var t tokens
	text, err := c.cfg.Secrets.Get(ctx, secretName)
	if err == nil {
		err = json.Unmarshal([]byte(text), &t)
	}
	if err != nil {
		c.cfg.Log.WarnContext(ctx, "no session in the keychain", "err", err)
	}
	c.mu.Lock()
	c.known, c.tokens = k, t
	c.mu.Unlock()
	if t.Refresh == "" {
		c.set("signed_out", "Sign in again.")
		return nil
	}
	c.set("connecting", "")
	return nil
}

// State never blocks.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return State{Phase: c.phase, URL: c.known.URL, Me: c.known.Me, Detail: c.detail}
}

// Missing is the code of what keeps a message from being sent to the server;
// empty when nothing does.
func (c *Client) Missing() fault.Code {
	switch c.State().Phase {
	case "connected":
		return ""
	case "none":
		return "route.no_server"
	case "signed_out":
		return "route.signed_out"
	}
	return "route.offline"
}

func (c *Client) set(phase, detail string) {
	c.mu.Lock()
	changed := c.phase != phase || c.detail != detail
	c.phase, c.detail = phase, detail
	c.mu.Unlock()
	if changed {
		c.cfg.Changed()
	}
}

// parseServer accepts http only where nobody in between can listen in: on this
// machine and in private networks.
func parseServer(text string) (string, error) {
	wrong := func(safe string) error {
		return fault.New("server.address", safe, nil).At("body.url").WithHint("Write it as https://host or http://127.0.0.1:8080.")
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", wrong("This is not the address of a server.")
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	near := host == "localhost" || strings.HasSuffix(host, ".local") || !strings.Contains(host, ".") && ip == nil ||
		ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast())
	if u.Scheme != "https" && (u.Scheme != "http" || !near) {
		return "", wrong("The server's address must begin with https.")
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), nil
}
