package providertest

import (
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/scripted"
)

// answers are whole: streamed, streamed to nobody, and in one piece.
func answers(t *testing.T, a Adapter) {
	for _, chat := range a.Chats {
		t.Run(chat.Name, func(t *testing.T) {
			t.Parallel()
			a.streamed(t, chat)
			a.unheard(t, chat)
			if chat.JSON != "" {
				a.inOnePiece(t, chat)
			}
		})
	}
	t.Run("nothing but its beginning", func(t *testing.T) {
		t.Parallel()
		c, _, _ := a.open(t, usual, a.play(), a.reply(200, ``), a.reply(200, ` `), a.reply(200, `{}`), a.reply(200, `[]`), a.reply(200, `<html>`))
		for range 6 {
			_, err := c.Chat(t.Context(), a.Chats[0].Request, nil)
			wantCode(t, err, fault.UpstreamFailed)
		}
	})
}

func (a Adapter) streamed(t *testing.T, chat Chat) {
	c, u, _ := a.open(t, usual, a.play(chat.Stream))
	done, heard, err := hear(t, c, chat.Request)
	must(t, err)
	same(t, done, a.want(chat))
	if !sameContent(done, heard) {
		t.Errorf("heard %+v\nof    %+v", heard, done)
	}
	a.asked(t, u.Requests()[0], chat.Path, chat.Sent)
}

// asked looks at a request: its place, its key, its body.
func (a Adapter) asked(t *testing.T, r scripted.Request, path, sent string) {
	t.Helper()
	at := strings.TrimPrefix(r.Path, "/v1")
	if r.Query != "" {
		at += "?" + r.Query
	}
	if path != "" && at != path {
		t.Errorf("asked %s, want %s", at, path)
	}
	if r.Header.Get(a.KeyHeader) != a.KeyValue {
		t.Errorf("the key was sent as %q", r.Header.Get(a.KeyHeader))
	}
	if r.Header.Get("Accept-Encoding") != "identity" {
		t.Error("an answer could come compressed, and so in lumps")
	}
	if strings.Contains(at, Key) {
		t.Error("the key is in the address")
	}
	if sent != "" {
		sameJSON(t, r.Body, sent)
	}
}

func (a Adapter) unheard(t *testing.T, chat Chat) {
	c, _, _ := a.open(t, usual, a.play(chat.Stream))
	done, err := c.Chat(t.Context(), chat.Request, nil)
	must(t, err)
	same(t, done, a.want(chat))
}

func (a Adapter) inOnePiece(t *testing.T, chat Chat) {
	c, _, _ := a.open(t, usual, a.reply(200, chat.JSON), a.reply(200, chat.JSON[:len(chat.JSON)/2]))
	done, heard, err := hear(t, c, chat.Request)
	must(t, err)
	same(t, done, a.want(chat))
	if !sameContent(done, heard) {
		t.Errorf("heard %+v\nof    %+v", heard, done)
	}
	_, err = c.Chat(t.Context(), chat.Request, nil)
	wantCode(t, err, fault.UpstreamFailed)
}

// losses are named, and a plain request loses nothing.
func losses(t *testing.T, a Adapter) {
	c, _, _ := a.open(t, usual, a.play())
	lossy, ok := c.(llm.Lossy)
	if !ok {
		t.Fatal("the client does not say what its wire cannot carry")
	}
	if lost := lossy.Losses(Hello(a.Chats[0].Request.Model)); len(lost) > 0 {
		t.Errorf("a greeting loses %q", lost)
	}
	for _, loss := range a.Losses {
		if lost := strings.Join(lossy.Losses(loss.Request), " "); lost != strings.Join(loss.Want, " ") {
			t.Errorf("%s: loses %q, want %q", loss.Name, lost, loss.Want)
		}
	}
}
