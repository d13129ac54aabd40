package replication

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"nexusai/sync/wire"
)

const (
	dialLimit = 15 * time.Second
	pingEvery = 20 * time.Second
	pingLimit = 10 * time.Second
	// quietLimit ends an SSE stream on which not even the server's comments
	// arrive any more: the connection is half open.
	quietLimit = 50 * time.Second
	maxHint    = 64 << 10
)

// Live implements Transport over a WebSocket, and over SSE where something on
// the way refuses the upgrade.
func (h *HTTP) Live(ctx context.Context, scope string, up func(), hint func(wire.Hint)) error {
	conn, resp, err := h.dial(ctx, scope)
	if err == nil {
		defer conn.CloseNow()
		up()
		return readHints(ctx, conn, hint)
	}
	if resp == nil || errors.Is(err, ErrSignedOut) {
		return err
	}
	defer resp.Body.Close()
	if r := refusal(resp); resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden || resp.StatusCode >= 500 {
		return r
	}
	return h.events(ctx, scope, up, hint)
}

func (h *HTTP) liveURL(scope string) string {
	return h.cfg.BaseURL + "/api/sync/live?scope=" + url.QueryEscape(scope)
}

func (h *HTTP) dial(ctx context.Context, scope string) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	var conn *websocket.Conn
	var failed error
	resp, err := h.authorised(ctx, func(token string) (*http.Response, error) {
		var resp *http.Response
		conn, resp, failed = websocket.Dial(ctx, h.liveURL(scope), &websocket.DialOptions{
			HTTPClient: h.cfg.Client, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
		})
		if resp == nil {
			return nil, failed
		}
		return resp, nil
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, resp, fmt.Errorf("dial live connection: %w", err)
	}
	conn.SetReadLimit(maxHint)
	return conn, resp, nil
}

// readHints reads until the connection ends, and ends it when the server does
// not answer pings.
func readHints(ctx context.Context, conn *websocket.Conn, hint func(wire.Hint)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pinged := make(chan struct{})
	defer func() { cancel(nil); <-pinged }()
	go func() {
		defer close(pinged)
		cancel(keepPinging(ctx, conn))
	}()
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return fmt.Errorf("read hint: %w", errors.Join(err, context.Cause(ctx)))
		}
		var hi wire.Hint
		if json.Unmarshal(data, &hi) == nil { // what is not a hint is from a newer server
			hint(hi)
		}
	}
}

func keepPinging(ctx context.Context, conn *websocket.Conn) error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(ctx, pingLimit)
		err := conn.Ping(limited)
		cancel()
		if err != nil {
			return fmt.Errorf("ping: %w", err)
		}
	}
}

// events reads hints as server-sent events.
func (h *HTTP) events(ctx context.Context, scope string, up func(), hint func(wire.Hint)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resp, err := h.authorised(ctx, func(token string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.liveURL(scope), nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Accept", "text/event-stream")
		return h.cfg.Client.Do(req)
	})
	if err != nil {
		return fmt.Errorf("open event stream: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	up()
	quiet := time.AfterFunc(quietLimit, cancel)
	defer quiet.Stop()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxHint)
	for lines.Scan() {
		quiet.Reset(quietLimit)
		var hi wire.Hint
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if ok && json.Unmarshal([]byte(data), &hi) == nil {
			hint(hi)
		}
	}
	return fmt.Errorf("event stream ended: %w", errors.Join(lines.Err(), ctx.Err()))
}
