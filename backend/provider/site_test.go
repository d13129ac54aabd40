package provider_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider"
)

const where = "https://pictures.example/a.png"

// wall keeps what it is sent, and answers nothing that a chat could use.
type wall struct{ sent atomic.Value }

func (w *wall) RoundTrip(r *http.Request) (*http.Response, error) {
	var body strings.Builder
	if err := r.Write(&body); err != nil {
		return nil, err
	}
	w.sent.Store(body.String())
	return nil, http.ErrServerClosed
}

type album struct{}

func (album) Fetch(_ context.Context, url string) (llm.Image, error) {
	if url != where {
		return llm.Image{}, fault.New(fault.BadRequest, "There is no such picture.", nil)
	}
	return llm.Image{MIME: "image/png", Data: []byte("pixels")}, nil
}

// TestAnEngineInsideIsToldNoAddresses: it would fetch a picture from where its
// caller cannot reach. It gets the picture itself, whatever its wire, or where
// nobody fetches any the request is refused.
func TestAnEngineInsideIsToldNoAddresses(t *testing.T) {
	t.Parallel()
	asked := llm.ChatRequest{Model: "m", Messages: []llm.Message{{Role: llm.User, Text: "look", Images: []llm.Image{{URL: where}}}}}
	chats := []llm.Wire{llm.OpenAIChat, llm.AnthropicMessages, llm.GeminiGenerate}
	for _, about := range provider.Kinds() {
		for _, inside := range []bool{true, false} {
			w := &wall{}
			cfg := provider.Config{
				Kind: about.Kind, BaseURL: "https://models.example/v1", HTTP: &http.Client{Transport: w}, Log: slog.New(slog.DiscardHandler),
				Inside: func(context.Context, string) bool { return inside }, Pictures: album{},
			}
			c, err := provider.Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(chats, c.Speaks) && about.Kind != provider.Gemini {
				continue // it has no chats
			}
			clients := []provider.Client{c, provider.ResponsesOnly(c)}
			for _, c := range clients {
				if bytes, ok := c.(llm.Addressed); inside && ok && bytes.TakesAddresses() {
					t.Errorf("%s inside is sent bytes with addresses", about.Kind)
				}
				_, err = c.Chat(t.Context(), asked, nil)
				sent, _ := w.sent.Load().(string)
				if told := strings.Contains(sent, where); told && inside || !told && !strings.Contains(sent, "cGl4ZWxz") {
					t.Errorf("%s, inside %v, is told the address %v: %v\n%s", about.Kind, inside, told, err, sent)
				}
			}
			if !inside {
				continue
			}
			cfg.Pictures = nil
			if c, err = provider.Open(cfg); err != nil {
				t.Fatal(err)
			}
			w.sent.Store("")
			if _, err := c.Chat(t.Context(), asked, nil); fault.CodeOf(err) != fault.BadRequest || w.sent.Load() != "" {
				t.Errorf("%s without a fetcher: %v", about.Kind, err)
			}
		}
	}
}

// TestWhereAnEngineStandsIsLookedUpAgain, but not for each request.
func TestWhereAnEngineStandsIsLookedUpAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inside, looked := false, 0
		c, err := provider.Open(provider.Config{
			Kind: provider.Compatible, BaseURL: "https://models.example/v1", HTTP: &http.Client{Transport: &wall{}}, Log: slog.New(slog.DiscardHandler),
			Inside: func(_ context.Context, url string) bool {
				looked++
				return inside || url != "https://models.example/v1"
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		takes := func() bool { return c.(llm.Addressed).TakesAddresses() }
		for range 2 {
			if !takes() || looked != 1 {
				t.Errorf("looked %d times", looked)
			}
		}
		inside = true
		time.Sleep(61 * time.Second)
		if takes() || looked != 2 {
			t.Errorf("a name that changed its mind is believed; looked %d times", looked)
		}
	})
}
