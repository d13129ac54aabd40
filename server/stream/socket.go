package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coder/websocket"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// socket is the WebSocket twin: ?ticket= says who asks (a browser cannot send a
// header), each message is one Event as JSON. With run_id it follows that run
// and closes after its last event; without it, it carries what /api/events does.
func (e *Endpoint) socket(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if !e.sameOrigin(r) {
		httpapi.WriteProblem(w, fault.New(fault.Forbidden, "This page may not open a connection here.", nil))
		return
	}
	caller, err := e.ticketed(r)
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	leave, err := e.Seats.Take(caller.TenantID, caller.UserID)
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	defer leave()
	var f feed = e.Bus.Listen(caller.TenantID, caller.UserID)
	if runID := query.Get("run_id"); runID != "" {
		f.Close()
		after, bad := lastSeen(r, runID)
		if bad == nil {
			f, bad = e.attach(r.Context(), caller, runID, after)
		}
		if bad != nil {
			httpapi.WriteProblem(w, bad)
			return
		}
	}
	defer f.Close()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // sameOrigin has checked
	if err != nil {
		e.Log.DebugContext(r.Context(), "websocket not opened", "err", err)
		return
	}
	defer conn.CloseNow()
	// Nothing is expected from the client; reading answers pings and notices
	// its leaving.
	ctx := conn.CloseRead(r.Context())
	e.pump(ctx, caller, f, wire{conn})
	_ = conn.Close(websocket.StatusNormalClosure, "") // it may have left first
}

// ticketed finds the caller by ticket, or by the Authorization of a client that
// is no browser.
func (e *Endpoint) ticketed(r *http.Request) (httpapi.Caller, error) {
	ticket, answers := r.URL.Query().Get("ticket"), r.URL.Query().Get("run_id") != ""
	if ticket == "" {
		return e.caller(r, answers)
	}
	caller, err := e.Tickets.Redeem(r.Context(), ticket)
	if err != nil {
		return caller, err
	}
	return caller, mayListen(caller, answers)
}

// sameOrigin lets a page of this host, a listed origin and anything that is no
// browser page (no Origin) through.
func (e *Endpoint) sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(e.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// wire is a sink over a WebSocket.
type wire struct{ conn *websocket.Conn }

func (s wire) send(ctx context.Context, e httpapi.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, data)
}

func (s wire) quiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return s.conn.Ping(ctx)
}
