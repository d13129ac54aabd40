package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"nexusai/app/feed"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/sync/entity"
	"nexusai/sync/hub"
	"nexusai/sync/wire"
)

const (
	userID = "0191d0a0-0000-7000-8000-00000000000a"
	scope  = "user:" + userID
	email  = "ana@acme.test"
	secret = "correct horse battery staple"
)

// teamServer is a server of the contract on a real socket: sign-in, chat whose
// runs it owns, and sync on the protocol's own hub. It can be taken down and
// put up again on its port; runs go on meanwhile, as on the real one.
type teamServer struct {
	httpapi.Accounts // what is not below is not asked

	t      *testing.T
	log    *hub.Memory
	addr   string
	server *http.Server

	mu    sync.Mutex // guards what follows
	runs  map[string]*teamRun
	asked map[string]int // sends per message id
	pace  chan struct{}  // one word of every answer for each value; closed: no waiting
}

type teamRun struct {
	httpapi.Run
	events []httpapi.RunEvent
	grown  chan struct{}
}

func newTeamServer(t *testing.T) *teamServer {
	t.Helper()
	s := &teamServer{t: t, log: hub.NewMemory(), runs: map[string]*teamRun{}, asked: map[string]int{}, pace: make(chan struct{}, 1000)}
	s.up()
	t.Cleanup(s.down)
	return s
}

func (s *teamServer) up() {
	s.t.Helper()
	address := s.addr
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = l.Addr().String()
	mux := http.NewServeMux()
	api := httpapi.New(mux, httpapi.Config{Auth: s, Log: slog.New(slog.DiscardHandler)})
	httpapi.RegisterAccounts(api, s, noCookies{})
	httpapi.RegisterChat(api, chatOf{s}, s, s)
	mux.HandleFunc("GET /api/chat/stream", s.stream)
	mux.HandleFunc("POST /api/sync/push", s.push)
	mux.HandleFunc("POST /api/sync/pull", s.pull)
	mux.HandleFunc("GET /api/sync/live", s.live)
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = s.server.Serve(l) }()
}

func (s *teamServer) down() { _ = s.server.Close() }

func (s *teamServer) url() string { return "http://" + s.addr }

type noCookies struct{}

func (noCookies) Cookies(s httpapi.Session, _ bool) (httpapi.Session, []string) { return s, nil }
func (noCookies) Clear() []string                                               { return nil }

func session() httpapi.Session {
	return httpapi.Session{AccessToken: "access-token", RefreshToken: "refresh-token", ExpiresAt: time.Now().Add(time.Hour),
		Me: httpapi.Me{UserID: userID, Email: email, Name: "Ana Example", TenantName: "Acme"}}
}

func (s *teamServer) Login(_ context.Context, c httpapi.Credentials) (httpapi.Session, error) {
	if c.Email != email || c.Password != secret {
		return httpapi.Session{}, fault.New(fault.Unauthenticated, "Wrong.", nil)
	}
	return session(), nil
}

func (s *teamServer) Refresh(context.Context, httpapi.Refresh) (httpapi.Session, error) {
	return session(), nil
}

func (s *teamServer) Authenticate(r *http.Request) (httpapi.Caller, error) {
	if r.Header.Get("Authorization") != "Bearer access-token" {
		return httpapi.Caller{}, fault.New(fault.Unauthenticated, "Sign in first.", nil)
	}
	return httpapi.Caller{UserID: userID, Permissions: []httpapi.Permission{httpapi.UseChat}}, nil
}

func (s *teamServer) ListModels(context.Context) ([]httpapi.Model, error) {
	return []httpapi.Model{{ID: "big", Name: "Big", Kind: "chat", State: "ready"}}, nil
}

func (s *teamServer) Spend(context.Context) (httpapi.Spend, error) { return httpapi.Spend{}, nil }

// write applies operations as their author.
func (s *teamServer) write(ops ...wire.Op) error {
	return s.log.Update(context.Background(), func(tx hub.Tx) error {
		for i := range ops {
			ops[i].OpID = newID()
		}
		results, err := hub.Write(context.Background(), tx, scope, ops, time.Now())
		for _, r := range results {
			if r.Status == wire.Rejected {
				return fmt.Errorf("rejected: %s", r.Code)
			}
		}
		return err
	})
}

// chatOf is the chat part: teamServer itself has another Run.
type chatOf struct{ *teamServer }

func (c chatOf) Send(_ context.Context, r httpapi.ChatRequest) (httpapi.Run, error) {
	now := entity.FormatTime(time.Now())
	conversation, err := wire.NewCreate(entity.Conversations, r.ConversationID, map[string]any{"title": "t", "model": r.Model, "created_at": now, "last_at": now})
	message, err2 := wire.NewCreate(entity.Messages, r.MessageID, map[string]any{"conversation_id": r.ConversationID, "role": "user", "text": r.Text, "created_at": now})
	if err := errors.Join(err, err2, c.write(conversation, message)); err != nil {
		return httpapi.Run{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[r.MessageID]++
	key := r.MessageID + r.Regenerate
	if run := c.runs[key]; run != nil {
		return run.Run, nil
	}
	run := &teamRun{grown: make(chan struct{}), Run: httpapi.Run{
		ID: newID(), AnswerID: newID(), ConversationID: r.ConversationID, MessageID: r.MessageID, Model: r.Model, State: httpapi.RunRunning, StartedAt: time.Now(),
	}}
	c.runs[key] = run
	go c.answer(run)
	return run.Run, nil
}

func (c chatOf) Run(context.Context, string) (httpapi.Run, error) {
	return httpapi.Run{}, errors.New("not asked")
}
func (c chatOf) Stop(context.Context, string) (httpapi.Run, error) {
	return httpapi.Run{}, errors.New("not asked")
}

const words = "one two three four five six seven eight nine ten"

// answer writes the run's words, whoever listens.
func (s *teamServer) answer(run *teamRun) {
	for word := range strings.SplitSeq(words, " ") {
		<-s.pace
		s.add(run, word+" ", httpapi.RunRunning, nil)
	}
	m := httpapi.Message{ID: run.AnswerID, ConversationID: run.ConversationID, ParentID: run.MessageID, Role: "assistant", Text: words + " ", Finish: "stop", Model: run.Model, CreatedAt: time.Now(), State: "sent"}
	op, err := wire.NewCreate(entity.Messages, m.ID, map[string]any{
		"conversation_id": m.ConversationID, "parent_id": m.ParentID, "role": m.Role, "text": m.Text, "finish": m.Finish, "run_id": run.ID, "created_at": entity.FormatTime(m.CreatedAt),
	})
	if err := errors.Join(err, s.write(op)); err != nil {
		s.t.Error(err)
	}
	s.add(run, "", httpapi.RunDone, &m)
}

func (s *teamServer) add(run *teamRun, text string, state httpapi.RunState, m *httpapi.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run.events = append(run.events, httpapi.RunEvent{RunID: run.ID, ConversationID: run.ConversationID, AnswerID: run.AnswerID, Seq: int64(len(run.events) + 1), Text: text, State: state, Message: m})
	close(run.grown)
	run.grown = make(chan struct{})
}

func (s *teamServer) stream(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.FormValue("after"), 10, 64)
	if err != nil {
		httpapi.WriteProblem(w, fault.New(fault.BadRequest, "after", err))
		return
	}
	out := feed.StartSSE(w)
	for {
		s.mu.Lock()
		var run *teamRun
		for _, one := range s.runs {
			if one.ID == r.FormValue("run_id") {
				run = one
			}
		}
		if run == nil {
			s.mu.Unlock()
			return
		}
		events, grown := run.events[after:], run.grown
		s.mu.Unlock()
		for _, e := range events {
			if out.Send(httpapi.Event{Type: "run", Run: &e}) != nil || e.State != httpapi.RunRunning {
				return
			}
			after = e.Seq
		}
		select {
		case <-grown:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *teamServer) push(w http.ResponseWriter, r *http.Request) {
	var req wire.PushRequest
	var resp wire.PushResponse
	err := json.NewDecoder(r.Body).Decode(&req)
	if err == nil {
		err = s.log.Update(r.Context(), func(tx hub.Tx) (err error) {
			resp, err = hub.Push(r.Context(), tx, req, time.Now())
			return err
		})
	}
	if gap, ok := errors.AsType[*hub.GapError](err); ok {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(wire.Gap{Code: "gap", Want: gap.Want})
		return
	}
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	_ = json.NewEncoder(w).Encode(resp)
}

func (s *teamServer) pull(w http.ResponseWriter, r *http.Request) {
	var req wire.PullRequest
	var page wire.Page
	err := json.NewDecoder(r.Body).Decode(&req)
	if err == nil {
		err = s.log.View(r.Context(), func(tx hub.Reader) (err error) {
			page, err = hub.Pull(r.Context(), tx, req)
			return err
		})
	}
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	_ = wire.WritePage(w, page)
}

func (s *teamServer) head() (seq int64) {
	_ = s.log.View(context.Background(), func(tx hub.Reader) error {
		h, err := tx.Head(context.Background())
		seq = h.Seq
		return err
	})
	return seq
}

func (s *teamServer) live(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	ctx := conn.CloseRead(r.Context())
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var told int64
	for {
		if head := s.head(); head != told {
			told = head
			if conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"scope":%q,"head":%d}`, scope, head)) != nil {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
