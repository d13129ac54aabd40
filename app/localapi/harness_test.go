package localapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"nexusai/app/dispatch"
	"nexusai/app/feed"
	"nexusai/app/keychain"
	"nexusai/app/localapi"
	"nexusai/app/localdb"
	"nexusai/app/replication"
	"nexusai/app/team"
	"nexusai/backend/egress"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/sync/wire"
)

func id() string { return uuid.Must(uuid.NewV7()).String() }

var errAway = errors.New("no network in this test")

// away is a server that cannot be reached by sync.
type away struct{}

func (away) Push(context.Context, wire.PushRequest) (wire.PushResponse, error) {
	return wire.PushResponse{}, errAway
}
func (away) Pull(context.Context, wire.PullRequest) (wire.Page, error) { return wire.Page{}, errAway }
func (away) Live(ctx context.Context, _ string, _ func(), _ func(wire.Hint)) error {
	<-ctx.Done()
	return errAway
}

type syncPort struct{ *replication.Replica }

func (s syncPort) Unsynced() (int, time.Time) { return s.Status().Pending, time.Time{} }

// engine is this device's: its one model answers with the words it was asked.
type engine struct{}

func (engine) Open(context.Context, string) (llm.Client, int, error) { return echo{}, 1000, nil }
func (engine) Models() []httpapi.Model {
	return []httpapi.Model{{ID: "local/echo", Kind: "chat", Local: true, State: "ready"}}
}
func (engine) Status() httpapi.EngineStatus { return httpapi.EngineStatus{State: "ready"} }

type echo struct{}

func (echo) Chat(_ context.Context, r llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	text := "echo: " + r.Messages[len(r.Messages)-1].Text
	err := onDelta(llm.Delta{Text: text})
	return llm.Completion{Text: text, Finish: llm.FinishStop}, err
}
func (echo) Embed(context.Context, llm.EmbedRequest) (llm.Embeddings, error) {
	return llm.Embeddings{}, errAway
}
func (echo) Models(context.Context) ([]llm.Model, error) { return nil, errAway }

// host is one running API.
type host struct {
	t      *testing.T
	url    string
	api    *localapi.API
	db     *localdb.DB
	feed   *feed.Feed
	token  string
	bearer string
	opened []string
	beats  map[string]float64
}

const windowSecret = "window-secret-0123456789"

// start runs the API in browser mode on a real socket, or for the window.
func start(t *testing.T, window bool) *host {
	t.Helper()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	db, err := localdb.Open(t.Context(), localdb.Config{Path: filepath.Join(dir, "nexus.db"), Log: log})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	secrets, err := keychain.Open(t.Context(), keychain.Config{Dir: dir, Log: log, FileOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, db: db, feed: feed.New(), token: "one-time-token-0123456789", beats: map[string]float64{}}
	server, err := team.New(team.Config{Secrets: secrets, Settings: db, DeviceID: id(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	replica, err := replication.New(replication.Config{Writer: db.Writer(), Reader: db.Reader(), Server: away{}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	d, err := dispatch.New(dispatch.Config{DB: db, Journal: replica, Server: server, Engine: engine{}, Pages: h.feed, Log: log, Settle: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	images, err := egress.New(egress.Config{})
	if err != nil {
		t.Fatal(err)
	}
	socket := httptest.NewUnstartedServer(nil)
	cfg := localapi.Config{
		DB: db, Dispatcher: d, Sync: syncPort{replica}, Team: server, Engine: engine{}, Feed: h.feed, Log: log, Version: "test",
		Assets: fstest.MapFS{
			"index.html":   {Data: []byte(`<html><head><meta name="nexus-window" content="" /><meta name="nexus-view" content="" /></head></html>`)},
			"assets/a.js":  {Data: []byte("1")},
			"console.html": {Data: []byte("<p>console")},
		},
		Images: images.Client(time.Second), Open: func(url string) error { h.opened = append(h.opened, url); return nil },
		Beat: func(name string, v float64) { h.beats[name] = v }, Window: window, Secret: h.token, Host: socket.Listener.Addr().String(),
	}
	if window {
		cfg.Secret, h.bearer = windowSecret, windowSecret
	}
	if h.api, err = localapi.New(cfg); err != nil {
		t.Fatal(err)
	}
	socket.Config.Handler = h.api.Handler()
	socket.Start()
	h.url = socket.URL
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- d.Run(ctx) }()
	go func() { done <- replica.Run(ctx) }()
	t.Cleanup(func() {
		socket.CloseClientConnections()
		socket.Close()
		cancel()
		if err := errors.Join(<-done, <-done, db.Close()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// do sends a request as the page would; header comes in pairs.
func (h *host) do(method, path, body string, header ...string) (status int, text string, head http.Header) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if h.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+h.bearer)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, string(content), resp.Header
}

// get decodes an answer that must be 2xx.
func get[T any](h *host, method, path string, in any) (out T) {
	h.t.Helper()
	body := ""
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			h.t.Fatal(err)
		}
		body = string(text)
	}
	status, text, _ := h.do(method, path, body)
	if status/100 != 2 {
		h.t.Fatalf("%s %s answers %d %s", method, path, status, text)
	}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			h.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return out
}

// browser is start in browser mode with the link exchanged.
func browser(t *testing.T) *host {
	t.Helper()
	h := start(t, false)
	h.bearer = get[httpapi.LocalSession](h, "POST", "/api/local/exchange", httpapi.LinkExchange{Token: h.token}).AccessToken
	return h
}
