package replication

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"nexusai/sync/wire"
)

const (
	heartbeat   = 20 * time.Second // a ping, or a comment on SSE
	recheck     = 30 * time.Second // does the token still count
	liveTimeout = 10 * time.Second // for one hint or ping to get through
)

// outlet sends to one live client. Both calls time out.
type outlet interface {
	hint(ctx context.Context, data []byte) error
	ping(ctx context.Context) error
}

// serveLive sends a hint for the current head, then one per change, until the
// client leaves, the token expires or Drop is called.
func (h *Hub) serveLive(w http.ResponseWriter, r *http.Request, p Principal, auth Auth) error {
	at := place{p.TenantID, UserScope(p.UserID)}
	if scope := r.URL.Query().Get("scope"); scope != "" {
		if err := own(p, scope); err != nil {
			return err
		}
	}
	l := h.live.listen(at)
	defer l.leave()
	head, err := h.headOf(r.Context(), at)
	if err != nil {
		return err
	}
	h.live.moved(at, head)
	valid := func() bool { _, err := auth(r); return err == nil }
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		return h.serveSSE(w, r, l, valid)
	}
	conn, err := websocket.Accept(w, r, nil) // refuses a foreign Origin by itself, with an answer
	if err != nil {
		return nil
	}
	defer conn.CloseNow()
	// nothing is expected from the client: reading answers pings and notices its leaving
	ctx := conn.CloseRead(r.Context())
	if relay(ctx, l, wsOutlet{conn}, valid) {
		return conn.Close(websocket.StatusPolicyViolation, "sign in again")
	}
	return nil
}

func (h *Hub) headOf(ctx context.Context, at place) (int64, error) {
	page, err := h.pull(ctx, at.tenant, wire.PullRequest{Scope: at.scope, ClientID: noClient, Cursor: 1 << 61})
	return page.Begin.Head, err
}

// noClient asks for nobody's acknowledgements.
const noClient = "00000000-0000-0000-0000-000000000000"

// relay returns true when the connection must end because of the caller.
func relay(ctx context.Context, l *listener, out outlet, valid func() bool) bool {
	beat, check := time.NewTicker(heartbeat), time.NewTicker(recheck)
	defer beat.Stop()
	defer check.Stop()
	sent := int64(-1)
	for {
		if head := l.head(); head > sent {
			data, err := json.Marshal(wire.Hint{Scope: l.at.scope, Head: head})
			if err != nil || out.hint(ctx, data) != nil {
				return false
			}
			sent = head
		}
		select {
		case <-ctx.Done():
			return false
		case <-l.drop:
			return true
		case <-l.wake:
		case <-beat.C:
			if out.ping(ctx) != nil {
				return false
			}
		case <-check.C:
			if !valid() {
				return true
			}
		}
	}
}

type wsOutlet struct{ conn *websocket.Conn }

func (o wsOutlet) hint(ctx context.Context, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, liveTimeout)
	defer cancel()
	return o.conn.Write(ctx, websocket.MessageText, data)
}

func (o wsOutlet) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, liveTimeout)
	defer cancel()
	return o.conn.Ping(ctx)
}

func (h *Hub) serveSSE(w http.ResponseWriter, r *http.Request, l *listener, valid func() bool) error {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	ctl := http.NewResponseController(w)
	_ = ctl.SetReadDeadline(time.Time{}) // the server's own limit is for ordinary requests
	defer func() { _ = ctl.SetWriteDeadline(time.Time{}) }()
	relay(r.Context(), l, sseOutlet{w, ctl}, valid)
	return nil
}

type sseOutlet struct {
	w   http.ResponseWriter
	ctl *http.ResponseController
}

func (o sseOutlet) hint(_ context.Context, data []byte) error { return o.write("data: %s\n\n", data) }
func (o sseOutlet) ping(context.Context) error                { return o.write(": still here\n\n") }

func (o sseOutlet) write(format string, args ...any) error {
	_ = o.ctl.SetWriteDeadline(time.Now().Add(liveTimeout)) // where the server cannot, a dead client is noticed later
	if _, err := fmt.Fprintf(o.w, format, args...); err != nil {
		return err
	}
	return o.ctl.Flush()
}
