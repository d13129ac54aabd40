package broker_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/surface/chat"
)

// heardOf remembers what was asked of a gate.
type heardOf struct{ asks []broker.Ask }

func (g *heardOf) Admit(_ context.Context, _ broker.Deployment, a broker.Ask) (broker.Ticket, error) {
	g.asks = append(g.asks, a)
	return freeOfCharge{}, nil
}

type freeOfCharge struct{}

func (freeOfCharge) MaxOutput() int        { return 0 }
func (freeOfCharge) Settle(broker.Attempt) {}

// gallery is where pictures are fetched from.
type gallery struct{ asked []string }

func (g *gallery) Fetch(_ context.Context, url string) (llm.Image, error) {
	g.asked = append(g.asked, url)
	return llm.Image{Data: []byte("hello"), MIME: "image/png"}, nil
}

// TestAnEngineInsideIsToldNoAddress: in the caller's own wire, too, a picture's
// address goes through our door, and the engine gets bytes.
func TestAnEngineInsideIsToldNoAddress(t *testing.T) {
	t.Parallel()
	const address, data = "https://pictures.example/a.png", "data:image/png;base64,aGk="
	for _, tt := range []struct {
		dialect openai.Dialect
		url     string
		lane    broker.Lane
		fetched int
		sent    string
	}{
		{openai.VLLM(), address, broker.LaneTranslated, 1, "data:image/png;base64,aGVsbG8="},
		{openai.VLLM(), data, broker.LaneBytes, 0, data},
		{openai.OpenAI(), address, broker.LaneBytes, 0, address},
	} {
		u, from := up.Serve(t, up.Answer("ok")), &gallery{}
		c, err := openai.New(openai.Config{BaseURL: u.URL, Dialect: tt.dialect, Pictures: from, HTTP: u.Client, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		var report broker.Report
		body := `{"model":"m","stream":true,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"` + tt.url + `"}}]}]}`
		f, err := newBroker(t, broker.Deployment{ID: "d", Model: "up", Client: c, Forwarder: c}).Forward(t.Context(), broker.ForwardRequest{
			Surface: chat.Surface{}, Body: []byte(body), Done: func(r broker.Report) { report = r },
		})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		_, _ = io.Copy(io.Discard, f.Body)
		f.Body.Close()
		sent := string(u.Requests()[0].Body)
		if report.Attempts[0].Lane != tt.lane || len(from.asked) != tt.fetched || !strings.Contains(sent, tt.sent) || tt.fetched > 0 && strings.Contains(sent, address) {
			t.Errorf("%s %s: lane %s, fetched %v, sent %s", tt.dialect.Name, tt.url, report.Attempts[0].Lane, from.asked, sent)
		}
	}
}

// TestPicturesAreHeldAsTheDeploymentCountsThem: gpt-4o-mini counts eight times
// what a bound does.
func TestPicturesAreHeldAsTheDeploymentCountsThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ one, want int }{
		"dear": {48_169, 2 * 48_169}, "not known": {0, 2 * broker.PictureTokens}, "cheap": {1445, 2 * broker.PictureTokens},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := &heardOf{}
			d := deploy(t, up.Serve(t, up.Answer("ok")), "one", 0)
			d.ImageTokens = c.one
			b, err := broker.New(broker.Config{Routes: routes{d}, Gate: gate, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			req := ask("m")
			req.Messages[0].Images = []llm.Image{{Data: []byte("x"), MIME: "image/png"}, {Data: []byte("y"), MIME: "image/png"}}
			if _, err := b.Chat(t.Context(), req, nil); err != nil {
				t.Fatal(err)
			}
			if got := gate.asks[0].Bound; got.Input < c.want || got.Input > c.want+200 {
				t.Errorf("%d tokens are held for two pictures, want %d and a few", got.Input, c.want)
			}
		})
	}
}
