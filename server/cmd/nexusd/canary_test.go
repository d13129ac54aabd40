package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/httpapi"
)

const (
	canaryKey  = "sk-canary-51c7" // of a provider
	canarySaid = "canary-said-8e02"
	canaryChat = "canary-chat-3d9f" // what is said in a conversation is kept: in the database only
)

// parrots says of each model how its provider fails: all of them repeat what
// they were asked and the key that they were asked with.
var parrots = []string{"p400", "p401", "p422", "p429", "p500", "p503", "event", "garbage", "cut", "endless", "html", "fine"}

// parrot is the worst provider: in every way of failing it repeats the request.
func parrot(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	said := string(body) + r.URL.String() + r.Header.Get("Authorization") + r.Header.Get("X-Api-Key") + r.Header.Get("X-Goog-Api-Key")
	quoted, _ := json.Marshal(said)
	mode := "fine"
	for _, m := range parrots {
		if strings.Contains(said, "-"+m) {
			mode = m
		}
	}
	w.Header().Set("X-Request-Id", "r-"+mode)
	stream := func(text string) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, text)
		_ = http.NewResponseController(w).Flush()
	}
	chunk := fmt.Sprintf("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%s}}]}\n\n", quoted)
	switch mode {
	case "event":
		stream(chunk + "data: {\"error\":{\"message\":" + string(quoted) + ",\"type\":\"server_error\"}}\n\n")
	case "garbage":
		stream("data: {\"choices\":" + said + "\n\n")
	case "cut":
		stream(chunk + "data: {\"choices\":[" + string(quoted))
		panic(http.ErrAbortHandler)
	case "endless":
		stream("data: " + said + strings.Repeat("x", 9<<20))
	case "html":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>"+said)
	case "fine":
		stream(chunk + "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n")
	default:
		status := 0
		_, _ = fmt.Sscanf(mode, "p%d", &status)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"type":"error","error":{"message":%s,"type":"t","code":%s,"status":%s,"param":"p"},"detail":[{"input":%s}]}`, quoted, quoted, quoted, quoted)
	}
}

// parroted makes a provider for every way of failing and every kind of wire: one
// that fails is left alone. It returns the names of their chat models, and their ids.
func parroted(t *testing.T, url string, admin func(path string, body any) []byte) (models, ids []string) {
	t.Helper()
	kinds := map[string]string{"chat": "", "embedding": "e", "transcription": "t", "speech": "s", "rerank": "r"}
	for _, vendor := range []string{"compatible", "anthropic", "gemini"} {
		for _, mode := range parrots {
			name, secret := vendor+"-"+mode, canaryKey+vendor+mode
			in := httpapi.ProviderInput{Kind: &vendor, Name: &name, BaseURL: &url, APIKey: &secret}
			for kind, tail := range kinds {
				if kind == "chat" || vendor == "compatible" {
					in.Models = append(in.Models, httpapi.ProviderModel{ID: name + tail, Upstream: name + tail, Kind: kind})
				}
			}
			var made httpapi.Provider
			if err := json.Unmarshal(admin("/api/admin/providers", in), &made); err != nil {
				t.Fatal(err)
			}
			models, ids = append(models, name), append(ids, made.ID)
		}
	}
	return models, ids
}

// TestKeysAndPromptsAreNowhere asks every surface for models of providers that
// repeat what they are told in every way of failing, looks at every page and
// file that an administrator can get, and then into all that is on disk: keys
// are nowhere, what was said is with who said it.
func TestKeysAndPromptsAreNowhere(t *testing.T) {
	t.Parallel()
	provider := httptest.NewServer(http.HandlerFunc(parrot))
	t.Cleanup(func() { provider.CloseClientConnections(); provider.Close() })
	dir := folder(t)
	p := start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8", "NEXUS_LOG_LEVEL=debug")
	acme := newTeam(t, dir, provider.URL+"/v1")
	bearer := acme.login(p.url)
	admin := func(path string, body any) []byte {
		t.Helper()
		status, answer := post(t.Context(), p.url+path, bearer, body)
		if status/100 != 2 {
			t.Fatalf("%s: %d %s", path, status, answer)
		}
		return answer
	}
	models, providers := parroted(t, provider.URL+"/v1", admin)
	feed := p.follow(bearer)

	var calls sync.WaitGroup
	slots := make(chan struct{}, 8)
	ask := func(path, key, kind, body string) {
		calls.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			p.unsaid(path, key, kind, body)
		})
	}
	for _, d := range doors {
		for _, model := range models {
			tail := map[string]string{"/v1/embeddings": "e", "/v1/audio/transcriptions": "t", "/v1/audio/speech": "s", "/v1/rerank": "r"}[d.path]
			if tail != "" && !strings.HasPrefix(model, "compatible") {
				continue
			}
			body, kind := strings.NewReplacer(`"hi"`, `"`+canarySaid+`"`, "RIFF", canarySaid, `"q"`, `"`+canarySaid+`"`).Replace(fmt.Sprintf(d.good, model+tail)), "application/json"
			if !d.json() {
				kind = "multipart/form-data; boundary=b"
			} else if strings.Contains(body, "messages") || strings.Contains(d.path, "responses") || strings.HasSuffix(d.path, "/completions") {
				ask(d.path, acme.key, kind, strings.Replace(body, "{", `{"stream":true,`, 1))
			}
			ask(d.path, acme.key, kind, body)
		}
		ask(d.path, acme.key, "application/json", `{"model":"compatible-fine","`+canarySaid+`":`)
		ask(d.path, acme.key, "application/json", `{"model":"compatible-fine","messages":"`+canarySaid+`","input":{"`+canarySaid+`":1},"prompt":{"a":"`+canarySaid+`"},"documents":"`+canarySaid+`","query":"`+canarySaid+`"}`)
	}
	for _, model := range models {
		trial, _ := json.Marshal(httpapi.Trial{Model: model, Messages: []httpapi.TrialMessage{{Role: "user", Text: canarySaid}}})
		ask("/api/playground", bearer, "application/json", string(trial))
		question := fmt.Sprintf(`{"model":%q,"request":{"messages":[{"role":"user","content":%q}]}}`, model, canarySaid)
		ask("/api/admin/route/explain", bearer, "application/json", question)
		chat, _ := json.Marshal(httpapi.ChatRequest{ConversationID: uuid.Must(uuid.NewV7()).String(), MessageID: uuid.Must(uuid.NewV7()).String(), Text: canaryChat, Model: model})
		ask("/api/chat", bearer, "application/json", string(chat))
	}
	calls.Wait()
	for _, id := range providers {
		p.unsaid("/api/admin/providers/"+id+"/test", bearer, "application/json", "")
	}
	acme.have(`select count(*) from run where state = 'running'`, 0)
	if n := acme.count(`select count(*) from message where role = 'assistant'`); n < len(models)/2 { // one person has only so many at a time
		t.Errorf("%d answers of %d", n, len(models))
	}
	var page httpapi.LogPage
	for _, path := range []string{
		"dashboard", "logs?limit=500", "logs/export", "logs/export?format=ndjson", "costs?by=model", "costs/export?by=user", "refusals", "alerts", "budgets", "limits", "providers",
		"deployments", "aliases", "routing", "prices", "keys", "users", "teams", "audit?limit=500", "audit/verify", "contents", "provider-kinds",
	} {
		text := p.page("/api/admin/"+path, bearer)
		hasNone(t, path, text, canaryKey, canarySaid, canaryChat)
		if strings.HasPrefix(path, "logs?") {
			if err := json.Unmarshal([]byte(text), &page); err != nil || len(page.Items) < 100 {
				t.Errorf("%d calls, %v", len(page.Items), err)
			}
		}
	}
	for _, call := range page.Items[:60] {
		hasNone(t, "a call", p.page("/api/admin/logs/"+call.ID, bearer), canaryKey, canarySaid, canaryChat)
	}
	_, figures := p.get("/metrics")
	hasNone(t, "/metrics", figures, canaryKey, canarySaid, canaryChat)
	hasNone(t, "what a person's devices hear", feed(), canaryKey, canarySaid)
	p.signal(syscall.SIGTERM)
	p.ended(30 * time.Second)
	if log := p.log.String(); strings.Count(log, "attempt failed") < 20 || !strings.Contains(log, "provider test failed") {
		t.Errorf("the log says too little to be of use here:\n%.3000s", log)
	}
	for line := range strings.Lines(p.log.String()) {
		hasNone(t, "the log", line, canaryKey, canarySaid, canaryChat)
	}
	report, _ := nexusd(t, "doctor", "--data", dir).CombinedOutput()
	hasNone(t, "doctor", string(report), canaryKey, canarySaid, canaryChat)
	unseen(t, dir, canaryKey)
	unseen(t, dir, canarySaid)
}

func hasNone(t *testing.T, where, text string, canaries ...string) {
	t.Helper()
	for _, canary := range canaries {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("%s shows %s: …%s…", where, canary, text[max(0, at-300):min(len(text), at+100)])
			return
		}
	}
}

// unsaid posts and looks at the answer: nobody gets a key, and an error repeats
// what was said at most where it is the provider's own word on a bad request.
func (p *process) unsaid(path, key, kind, body string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", kind)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Errorf("%s: %v", path, err)
		return
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body) // one that breaks off may have been meant to
	hasNone(p.t, path+" "+body, string(answer)+fmt.Sprint(resp.Header), canaryKey)
	if resp.StatusCode != 200 && resp.StatusCode != 400 && resp.StatusCode != 422 {
		hasNone(p.t, path+" "+body, string(answer)+fmt.Sprint(resp.Header), canarySaid)
	}
}

func (p *process) page(path, bearer string) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		p.t.Errorf("%s: %d %v %.300s", path, resp.StatusCode, err, text)
	}
	return string(text)
}

// follow keeps the hints that a console hears until the returned function is
// asked for them.
func (p *process) follow(bearer string) func() string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+"/api/events", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != 200 {
		p.t.Fatalf("events: %v %v", resp, err)
	}
	heard := &buffer{}
	go func() { _, _ = io.Copy(heard, resp.Body) }()
	return func() string { _ = resp.Body.Close(); return heard.String() }
}
