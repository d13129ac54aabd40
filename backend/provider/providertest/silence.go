package providertest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
	"nexusai/backend/provider/scripted"
)

// silence ends a call in time, keep-alives do not count as such, and the
// deadlines of a request outrank those of the client.
func silence(t *testing.T, a Adapter) {
	chat := a.Chats[0]
	all := events(chat.Stream)
	short := 150 * time.Millisecond
	for name, c := range map[string]struct {
		client  endpoint.Deadlines
		request llm.Deadlines
		come    int // events before the silence
	}{
		"before the head":            {client: endpoint.Deadlines{FirstToken: short}, come: -1},
		"before the first token":     {client: endpoint.Deadlines{FirstToken: short}},
		"between tokens":             {client: endpoint.Deadlines{BetweenTokens: short}, come: len(all) - 1},
		"as the request has it":      {client: usual, request: llm.Deadlines{FirstToken: short}},
		"between, as the request is": {client: usual, request: llm.Deadlines{BetweenTokens: short}, come: len(all) - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var u *scripted.Upstream
			stall := func(w http.ResponseWriter, r *http.Request) { u.Stall(w, r) }
			script := []scripted.Act{stall}
			if c.come >= 0 {
				script = append(a.play(strings.Join(all[:c.come], "")), stall)
			}
			client, server, _ := a.open(t, c.client, script)
			u = server
			req := chat.Request
			req.Deadlines = c.request
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			defer time.AfterFunc(time.Minute, cancel).Stop() // no deadline of ours held
			done, err := client.Chat(ctx, req, nil)
			wantCode(t, err, fault.Timeout)
			if c.come > 0 && done.Text == "" {
				t.Error("what had come is lost")
			}
			if !u.WaitGone(time.Minute) {
				t.Error("the provider still works")
			}
		})
	}
	t.Run("of our own", func(t *testing.T) {
		t.Parallel()
		a.slowListener(t, chat)
	})
	if a.Ping != "" {
		t.Run("kept alive", func(t *testing.T) {
			t.Parallel()
			a.keptAlive(t, chat)
		})
	}
}

// slowListener takes its time with each piece; the provider, which ends its
// answer only then, is not to blame.
func (a Adapter) slowListener(t *testing.T, chat Chat) {
	all := events(chat.Stream)
	heard := make(chan struct{})
	script := []scripted.Act{a.begin()}
	for _, event := range all[:len(all)-1] {
		script = append(script, scripted.Raw(event), scripted.Wait(20*time.Millisecond)) // a read of its own
	}
	script = append(script,
		func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-heard:
			case <-r.Context().Done():
			}
		}, scripted.Raw(all[len(all)-1]))
	limit := 400 * time.Millisecond
	c, _, _ := a.open(t, endpoint.Deadlines{BetweenTokens: limit}, script)
	pieces := 0
	_, err := c.Chat(t.Context(), chat.Request, func(llm.Delta) error {
		<-time.After(limit + limit/4)
		if pieces++; pieces == 2 {
			close(heard)
		}
		return nil
	})
	must(t, err)
}

// keptAlive waits longer than BetweenTokens, in which only pings come.
func (a Adapter) keptAlive(t *testing.T, chat Chat) {
	all := events(chat.Stream)
	script := a.play(strings.Join(all[:len(all)-1], ""))
	for range 12 {
		script = append(script, scripted.Wait(100*time.Millisecond), scripted.Raw(a.Ping))
	}
	script = append(script, scripted.Raw(all[len(all)-1]))
	c, _, _ := a.open(t, endpoint.Deadlines{BetweenTokens: time.Second}, script)
	done, err := c.Chat(t.Context(), chat.Request, nil)
	must(t, err)
	same(t, done, a.want(chat))
}
