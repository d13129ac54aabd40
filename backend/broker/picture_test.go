package broker_test

import (
	"context"
	"log/slog"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
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
