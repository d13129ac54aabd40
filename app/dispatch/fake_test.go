package dispatch_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/app/dispatch"
	"nexusai/app/localdb"
	"nexusai/app/replication"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/sync/wire"
)

func id() string { return uuid.Must(uuid.NewV7()).String() }

// nowhere is a server that sync never reaches: operations stay in the outbox.
type nowhere struct{}

var errNowhere = errors.New("no network in this test")

func (nowhere) Push(context.Context, wire.PushRequest) (wire.PushResponse, error) {
	return wire.PushResponse{}, errNowhere
}
func (nowhere) Pull(context.Context, wire.PullRequest) (wire.Page, error) {
	return wire.Page{}, errNowhere
}
func (nowhere) Live(ctx context.Context, _ string, _ func(), _ func(wire.Hint)) error {
	<-ctx.Done()
	return errNowhere
}

// server is the team's server as the dispatcher sees it. Runs advance only
// when a test says so.
type server struct {
	mu      sync.Mutex
	missing fault.Code
	asked   []httpapi.ChatRequest
	refuse  error
	runs    map[string]*remoteRun // by message id + regenerate
	stopped []string
	breaks  int // streams that break off after each event
}

type remoteRun struct {
	httpapi.Run
	events []httpapi.RunEvent
	grown  chan struct{}
}

func newServer() *server { return &server{runs: map[string]*remoteRun{}} }

func (s *server) Missing() fault.Code {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missing
}

func (s *server) set(missing fault.Code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missing = missing
}

func (s *server) Chat(_ context.Context, r httpapi.ChatRequest) (httpapi.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r)
	if s.refuse != nil {
		return httpapi.Run{}, s.refuse
	}
	key := r.MessageID + r.Regenerate
	if s.runs[key] == nil {
		s.runs[key] = &remoteRun{Run: httpapi.Run{ID: id(), AnswerID: id(), MessageID: r.MessageID, State: httpapi.RunRunning}, grown: make(chan struct{})}
	}
	return s.runs[key].Run, nil
}

// say adds an event to every run; the last one when state is final.
func (s *server) say(text string, state httpapi.RunState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runs {
		r.Text += text
		e := httpapi.RunEvent{RunID: r.ID, AnswerID: r.AnswerID, Seq: int64(len(r.events) + 1), Text: text, State: state}
		if state == httpapi.RunDone {
			e.Message = &httpapi.Message{ID: r.AnswerID, Role: "assistant", Text: r.Text, Finish: "stop"}
		}
		r.events = append(r.events, e)
		close(r.grown)
		r.grown = make(chan struct{})
	}
}

func (s *server) Stream(ctx context.Context, runID string, after int64, fn func(httpapi.RunEvent) error) error {
	for {
		s.mu.Lock()
		var run *remoteRun
		for _, r := range s.runs {
			if r.ID == runID {
				run = r
			}
		}
		if run == nil {
			s.mu.Unlock()
			return fault.New(fault.NotFound, "", nil)
		}
		events, grown := run.events[min(after, int64(len(run.events))):], run.grown
		breaking := s.breaks > 0 && len(events) > 0
		if breaking {
			s.breaks--
			events = events[:1]
		}
		s.mu.Unlock()
		for _, e := range events {
			if err := fn(e); err != nil {
				return err
			}
			after = e.Seq
			if e.State != httpapi.RunRunning {
				return nil
			}
		}
		if breaking {
			return fault.New("route.offline", "", errNowhere)
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *server) Stop(_ context.Context, runID string) (httpapi.Run, error) {
	s.mu.Lock()
	s.stopped = append(s.stopped, runID)
	s.mu.Unlock()
	s.say("", httpapi.RunStopped)
	return httpapi.Run{}, nil
}

func (s *server) requests() []httpapi.ChatRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]httpapi.ChatRequest{}, s.asked...)
}

// model is the device's own engine: it says its words when told to.
type model struct {
	words chan string // closed: the answer is complete
	err   error       // instead of a complete answer
	gone  error       // instead of a model
	seen  chan llm.ChatRequest
}

func newModel() *model {
	return &model{words: make(chan string, 100), seen: make(chan llm.ChatRequest, 100)}
}

func (m *model) Open(context.Context, string) (llm.Client, int, error) { return m, 2048, m.gone }

func (m *model) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	m.seen <- req
	var done llm.Completion
	for {
		select {
		case <-ctx.Done():
			return done, ctx.Err()
		case word, more := <-m.words:
			if !more {
				done.Finish = llm.FinishStop
				done.Usage = llm.Usage{Input: 3, Output: 4}
				return done, m.err
			}
			done.Text += word
			if err := onDelta(llm.Delta{Text: word}); err != nil {
				return done, err
			}
		}
	}
}
func (m *model) Embed(context.Context, llm.EmbedRequest) (llm.Embeddings, error) {
	return llm.Embeddings{}, errNowhere
}
func (m *model) Models(context.Context) ([]llm.Model, error) { return nil, errNowhere }

// page collects what the pages are told.
type page struct {
	mu     sync.Mutex
	events []httpapi.RunEvent
}

func (p *page) Hint(string, string) {}
func (p *page) Run(e httpapi.RunEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
}

// bench is one device: its database outlives a restart.
type bench struct {
	*dispatch.Dispatcher
	db     *localdb.DB
	page   *page
	server *server
	model  *model
	stop   func()
}

// device opens the database at path and starts a dispatcher on it.
func device(t *testing.T, path string, s *server, m *model) *bench {
	t.Helper()
	db, err := localdb.Open(t.Context(), localdb.Config{Path: path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	journal, err := replication.New(replication.Config{Writer: db.Writer(), Reader: db.Reader(), Server: nowhere{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{db: db, page: &page{}, server: s, model: m}
	b.Dispatcher, err = dispatch.New(dispatch.Config{
		DB: db, Journal: quick{journal}, Server: s, Engine: m, Pages: b.page, Log: slog.New(slog.DiscardHandler),
		Coalesce: time.Millisecond, Checkpoint: time.Millisecond, Retry: time.Millisecond, Settle: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(b.stop)
	return b
}

// quick does not exchange anything.
type quick struct{ *replication.Replica }

func (quick) Kick() {}

func fresh(t *testing.T, s *server, m *model) *bench {
	t.Helper()
	return device(t, filepath.Join(t.TempDir(), "nexus.db"), s, m)
}

// eventually polls until ok, for at most ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

func (b *bench) send(t *testing.T, r httpapi.ChatRequest) httpapi.Run {
	t.Helper()
	run, err := b.Send(t.Context(), r)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return run
}

func (b *bench) state(t *testing.T, runID string) httpapi.Run {
	t.Helper()
	run, err := b.Snapshot(t.Context(), runID)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return run
}

func question(model string) httpapi.ChatRequest {
	return httpapi.ChatRequest{ConversationID: id(), MessageID: id(), Text: "What is the capital of Portugal?", Model: model}
}
