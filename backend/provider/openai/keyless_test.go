package openai_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

const leaked = "sk-aabaac-0123456789" // its beginning repeats itself

func forward(t *testing.T, u *up.Upstream) *http.Response {
	t.Helper()
	c, err := openai.New(openai.Config{BaseURL: u.URL, APIKey: leaked, HTTP: u.Client, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Send(t.Context(), llm.Forward{Wire: llm.OpenAIChat, Body: []byte(`{"model":"m","stream":true}`), Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// TestForwardedAnswersDoNotCarryOurKey covers errors, which providers decorate
// with the key, and answers; wherever the network cuts them.
func TestForwardedAnswersDoNotCarryOurKey(t *testing.T) {
	t.Parallel()
	text := `data: {"error":{"message":"no: Bearer ` + leaked + `, sk-aab ` + leaked + leaked + `"}}` + "\n\nsk-aabaac-"
	want := strings.ReplaceAll(text, leaked, "[redacted]")
	for cut := 1; cut < len(text); cut += 3 {
		resp := forward(t, up.Serve(t, []up.Act{up.Head(), up.Raw(text[:cut]), up.Raw(text[cut:])}))
		got, err := io.ReadAll(resp.Body)
		if err != nil || string(got) != want {
			t.Fatalf("cut at %d: %q, %v", cut, got, err)
		}
	}
	for _, status := range []int{400, 413, 422, 429, 500} {
		got, err := io.ReadAll(forward(t, up.Serve(t, up.Reply(status, text))).Body)
		if err != nil || string(got) != want {
			t.Errorf("%d: %q, %v", status, got, err)
		}
	}
}

// TestTakingTheKeyOutHoldsNoEventBack reads each event before the next is sent.
func TestTakingTheKeyOutHoldsNoEventBack(t *testing.T) {
	t.Parallel()
	next := make(chan struct{}, 1)
	wait := func(http.ResponseWriter, *http.Request) { <-next }
	resp := forward(t, up.Serve(t, []up.Act{up.Head(), up.Say("s"), wait, up.Say("sk-aa"), wait, up.Say("sk-aab"), up.Done()}))
	for _, word := range []string{"s", "sk-aa", "sk-aab"} {
		want := []byte(up.Content(word))
		got := make([]byte, len(want))
		if _, err := io.ReadFull(resp.Body, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q, %v", got, err)
		}
		next <- struct{}{}
	}
}
