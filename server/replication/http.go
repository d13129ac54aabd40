package replication

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/sync/entity"
	"nexusai/sync/hub"
	"nexusai/sync/wire"
)

const (
	readLimit = 15 * time.Second // for the body of a push
	workLimit = 20 * time.Second // for one push or pull in the database
	sendLimit = 60 * time.Second // for a page to a slow client
	bodySlack = 4 << 10          // a body over the bound is read this far, to answer in words
)

// Routes mounts POST /api/sync/push, GET and POST /api/sync/pull and
// GET /api/sync/live (WebSocket, or SSE when the client accepts that). The
// bodies are wire's; errors are problems (RFC 9457), and a gap in the mids is
// a 409 with code "gap" and the wanted mid.
func (h *Hub) Routes(mux *http.ServeMux, auth Auth) {
	mux.Handle("POST /api/sync/push", h.guarded(auth, h.servePush))
	mux.Handle("POST /api/sync/pull", h.guarded(auth, h.servePull))
	mux.Handle("GET /api/sync/pull", h.guarded(auth, h.servePull))
	mux.Handle("GET /api/sync/live", h.guarded(auth, func(w http.ResponseWriter, r *http.Request, p Principal) error {
		return h.serveLive(w, r, p, auth)
	}))
}

type handler func(http.ResponseWriter, *http.Request, Principal) error

// guarded is where every request's caller is found and every error becomes a
// problem.
func (h *Hub) guarded(auth Auth, next handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := auth(r)
		if err != nil {
			httpapi.WriteProblem(w, err)
			return
		}
		if err := next(w, r, p); err != nil {
			h.fail(w, r, p, err)
		}
	})
}

func (h *Hub) fail(w http.ResponseWriter, r *http.Request, p Principal, err error) {
	if gap, ok := errors.AsType[*hub.GapError](err); ok {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(wire.Gap{Code: "gap", Want: gap.Want}) // a client that left needs no answer
		return
	}
	if errors.Is(err, wire.ErrInvalid) {
		err = fault.New(fault.BadRequest, "The sync message is malformed.", err)
	}
	f := fault.From(err)
	if f.Code == fault.Internal {
		f.ID = h.cfg.NewID()
		h.cfg.Log.ErrorContext(r.Context(), "sync request failed", "err", fault.Cause(err), "fault_id", f.ID, "tenant_id", p.TenantID, "user_id", p.UserID)
	}
	httpapi.WriteProblem(w, f)
}

// own refuses every scope but the caller's private one, as if it were not there.
func own(p Principal, scope string) error {
	if scope != UserScope(p.UserID) {
		return fault.New(fault.NotFound, "There is no such scope.", nil)
	}
	return nil
}

func body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	ctl := http.NewResponseController(w)
	_ = ctl.SetReadDeadline(time.Now().Add(readLimit)) // not every server can; then the body bound remains
	defer func() { _ = ctl.SetReadDeadline(time.Time{}) }()
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, fault.New(fault.TooLarge, "The sync message is too large.", err)
	}
	if err != nil {
		return nil, fault.New(fault.BadRequest, "The sync message did not arrive whole.", err)
	}
	return data, nil
}

func (h *Hub) servePush(w http.ResponseWriter, r *http.Request, p Principal) error {
	data, err := body(w, r, wire.MaxBytes+bodySlack)
	if err != nil {
		return err
	}
	req, err := wire.DecodePush(data)
	if err != nil {
		return err
	}
	if err := own(p, req.Scope); err != nil {
		return err
	}
	if req.SchemaV < entity.OldestSchema {
		return fault.New(fault.Gone, "This program is too old for the server.", nil).WithHint("Update the app; nothing that was written is lost.")
	}
	ctx, cancel := context.WithTimeout(r.Context(), workLimit)
	defer cancel()
	resp, err := h.push(ctx, p.TenantID, req)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(resp)
}

func (h *Hub) servePull(w http.ResponseWriter, r *http.Request, p Principal) error {
	req, err := pullRequest(w, r)
	if err != nil {
		return err
	}
	if err := own(p, req.Scope); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), workLimit)
	defer cancel()
	page, err := h.pull(ctx, p.TenantID, req)
	if err != nil {
		return err
	}
	ctl := http.NewResponseController(w)
	_ = ctl.SetWriteDeadline(time.Now().Add(sendLimit))
	defer func() { _ = ctl.SetWriteDeadline(time.Time{}) }() // the connection serves other requests
	w.Header().Set("Content-Type", "application/vnd.nexusai.sync+zstd")
	w.Header().Set("Cache-Control", "no-store")
	if err := wire.WritePage(w, page); err != nil {
		h.cfg.Log.DebugContext(r.Context(), "page not delivered", "err", err) // the status is sent: only the client can notice
	}
	return nil
}

// pullRequest reads a pull from a body or, for a GET, from the query.
func pullRequest(w http.ResponseWriter, r *http.Request) (wire.PullRequest, error) {
	if r.Method == http.MethodPost {
		data, err := body(w, r, 64<<10)
		if err != nil {
			return wire.PullRequest{}, err
		}
		return wire.DecodePull(data)
	}
	q := r.URL.Query()
	req := wire.PullRequest{ClientID: q.Get("client_id"), Scope: q.Get("scope"), SchemaV: entity.SchemaVersion}
	for name, dst := range map[string]*int64{"cursor": &req.Cursor, "epoch": &req.Epoch} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return req, fault.New(fault.BadRequest, "A number is expected.", err).At("query." + name)
		}
		*dst = n
	}
	return req, req.Check()
}
