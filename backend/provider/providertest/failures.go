package providertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/scripted"
)

// failures have our codes, tell how long to wait, and keep the request's id.
func failures(t *testing.T, a Adapter) {
	for _, e := range a.Errors {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			c, _, _ := a.open(t, usual, a.reply(e.Status, e.Body, e.Header...))
			done, err := c.Chat(t.Context(), a.Chats[0].Request, nil)
			wantCode(t, err, e.Code)
			f := fault.From(err)
			partly := e.Until && f.RetryAfter > 0 && f.RetryAfter < e.Wait
			if f.RetryAfter != e.Wait && !partly {
				t.Errorf("to wait %v, want %v", f.RetryAfter, e.Wait)
			}
			if a.RequestID != "" && done.RequestID != requestID {
				t.Errorf("the request's id is %q", done.RequestID)
			}
			if f.Safe == "" || strings.Contains(f.Safe, "http") {
				t.Errorf("what people read is %q", f.Safe)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		c := a.Open(t, Place{BaseURL: "http://127.0.0.1:1/v1", Key: Key, HTTP: &http.Client{}, Log: slog.New(slog.DiscardHandler)})
		_, err := c.Chat(t.Context(), a.Chats[0].Request, nil)
		wantCode(t, err, fault.UpstreamFailed)
	})
	t.Run("a provider that hangs up", func(t *testing.T) {
		t.Parallel()
		c, _, _ := a.open(t, usual, []scripted.Act{scripted.Cut()})
		_, err := c.Chat(t.Context(), a.Chats[0].Request, nil)
		wantCode(t, err, fault.UpstreamFailed)
	})
}

// secrets: a provider that repeats our key, or what was asked, does not make us
// tell it.
func secrets(t *testing.T, a Adapter) {
	echo := fmt.Sprintf(`{"type":"error","error":{"type":"authentication_error","status":"UNAUTHENTICATED","code":"invalid_api_key","message":"bad key %s"}}`, Key)
	scripts := [][]scripted.Act{
		a.reply(401, echo), a.reply(500, echo), a.reply(400, "key "+Key), a.reply(200, echo), a.reply(200, "["+echo+"]"),
		a.play("event: error\ndata: " + echo + "\n\n"), a.play("data: " + echo + "\n\n"), a.play("data: " + Key + "\n\n"),
	}
	for event := range a.StreamErrors {
		scripts = append(scripts, a.play(event))
	}
	c, _, kept := a.open(t, usual, scripts...)
	var texts []string
	tell := func(err error) {
		if err == nil {
			t.Error("a refusal is a success")
			return
		}
		encoded, _ := json.Marshal(fault.From(err)) // a fault can be encoded
		texts = append(texts, err.Error(), fault.Cause(err), fmt.Sprintf("%+v %#v", fault.From(err), fault.From(err)), string(encoded))
	}
	for range scripts {
		_, err := c.Chat(t.Context(), a.Chats[0].Request, nil)
		tell(err)
	}
	again, _, keptAgain := a.open(t, usual, a.reply(401, echo), a.reply(200, echo), a.reply(401, echo), a.reply(401, echo))
	for range 2 {
		_, err := again.Models(t.Context())
		tell(err)
	}
	_, err := again.Embed(t.Context(), llm.EmbedRequest{Model: "m", Inputs: []string{"a"}})
	tell(err)
	if counter, ok := again.(llm.Counter); ok {
		_, err := counter.CountTokens(t.Context(), a.Chats[0].Request)
		tell(err)
	}
	texts = append(texts, kept.String(), keptAgain.String(), fmt.Sprintf("%+v", c))
	for i, text := range texts {
		if strings.Contains(text, "hunter2") {
			t.Errorf("text %d shows the key: %s", i, text)
		}
		if strings.Contains(text, "bad key") {
			t.Errorf("text %d shows the provider's words, which may be a caller's: %s", i, text)
		}
	}
}

// cancels free the provider, and are nobody's failure.
func cancels(t *testing.T, a Adapter) {
	all := events(a.Chats[0].Stream)
	var u *scripted.Upstream
	stall := func(w http.ResponseWriter, r *http.Request) { u.Stall(w, r) }
	script := append(a.play(strings.Join(all[:len(all)-1], "")), stall)
	c, server, _ := a.open(t, usual, script)
	u = server
	ctx, cancel := context.WithCancel(t.Context())
	done, err := c.Chat(ctx, a.Chats[0].Request, func(llm.Delta) error { cancel(); return nil })
	wantCode(t, err, fault.Canceled)
	if done.Text == "" {
		t.Error("what had come is lost")
	}
	if !u.WaitGone(time.Minute) {
		t.Error("the provider still works for who left")
	}
	enough := fmt.Errorf("enough")
	_, err = c.Chat(t.Context(), a.Chats[0].Request, func(llm.Delta) error { return enough })
	if err == nil || !strings.Contains(fault.Cause(err), "enough") {
		t.Errorf("an error of who listens is %v", err)
	}
	if !u.WaitGone(time.Minute) {
		t.Error("the provider still works for who had enough")
	}
	late, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	<-late.Done()
	_, err = c.Chat(late, a.Chats[0].Request, nil)
	wantCode(t, err, fault.Timeout)
}

// forwards pass bytes: ours are the key and nothing else.
func forwards(t *testing.T, a Adapter) {
	f, speaks := a.Open(t, Place{BaseURL: "http://x/v1", Key: Key, HTTP: &http.Client{}, Log: slog.New(slog.DiscardHandler)}).(llm.Forwarder)
	if !speaks {
		if len(a.Forwards) > 0 {
			t.Error("the client passes nothing on")
		}
		return
	}
	if f.Speaks("nonsense") {
		t.Error("the client speaks nonsense")
	}
	resp, err := f.Send(t.Context(), llm.Forward{Wire: "nonsense"})
	if wantCode(t, err, fault.BadRequest); err == nil {
		_ = resp.Body.Close()
	}
	for wire, path := range a.Forwards {
		t.Run(string(wire), func(t *testing.T) {
			t.Parallel()
			a.forward(t, wire, path)
		})
	}
}

func (a Adapter) forward(t *testing.T, wire llm.Wire, path string) {
	chat := a.Chats[0]
	body := []byte("{ \"model\" : \"m\",\n\"x\":1.50,\"stream\":true}")
	all := events(chat.Stream)
	var u *scripted.Upstream
	stall := func(w http.ResponseWriter, r *http.Request) { u.Stall(w, r) }
	client, server, _ := a.open(t, usual, a.play(bytesOf(chat.Stream)...), a.reply(429, "slow down "+Key, "Retry-After", "3"), append(a.play(all[0]), stall))
	u = server
	f := client.(llm.Forwarder)
	if !f.Speaks(wire) {
		t.Fatal("the client does not speak it")
	}
	header := http.Header{"Cookie": {"a=b"}, "Authorization": {"Bearer caller"}, "X-Api-Key": {"caller"}, "X-Goog-Api-Key": {"caller"}, "X-Forwarded-For": {"10.0.0.1"}}
	send := func() *http.Response {
		resp, err := f.Send(t.Context(), llm.Forward{Wire: wire, Header: header, Body: body, Stream: true})
		must(t, err)
		return resp
	}
	for _, want := range []string{chat.Stream, "slow down [redacted]"} {
		resp := send()
		var got bytes.Buffer
		if _, err := got.ReadFrom(resp.Body); err != nil || got.String() != want {
			t.Errorf("passed on %q, %v", got.String(), err)
		}
		if a.RequestID != "" && resp.Header.Get("X-Request-Id") != requestID {
			t.Errorf("the request's id is %q", resp.Header.Get("X-Request-Id"))
		}
		_ = resp.Body.Close()
	}
	_ = send().Body.Close()
	if !u.WaitGone(time.Minute) {
		t.Error("closing does not free the provider")
	}
	for _, r := range u.Requests() {
		a.asked(t, r, path, "")
		if !bytes.Equal(r.Body, body) {
			t.Errorf("sent %q", r.Body)
		}
		if text := fmt.Sprint(r.Header); strings.Contains(text, "caller") || strings.Contains(text, "10.0.0.1") || strings.Contains(text, "a=b") {
			t.Errorf("sent the caller's %v", r.Header)
		}
	}
}

// together: one client serves many at once.
func together(t *testing.T, a Adapter) {
	chat := a.Chats[len(a.Chats)-1]
	c, _, _ := a.open(t, endpoint.Deadlines{}, a.play(events(chat.Stream)...))
	for range 16 {
		t.Run("one of them", func(t *testing.T) {
			t.Parallel()
			done, err := c.Chat(t.Context(), chat.Request, nil)
			must(t, err)
			same(t, done, a.want(chat))
		})
	}
}
