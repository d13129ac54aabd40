package native

import (
	"context"
	"strings"
	"testing"

	"nexusai/app/feed"
	"nexusai/app/localdb"
	"nexusai/backend/httpapi"
)

func TestEventsStaySmall(t *testing.T) {
	t.Parallel()
	long := httpapi.Event{Type: "run", Run: &httpapi.RunEvent{RunID: "r", Seq: 3, State: httpapi.RunDone, Message: &httpapi.Message{Text: strings.Repeat("é", 9000)}}}
	text := encode(long)
	if len(text) > maxEvent || !strings.Contains(text, `"state":"done"`) || strings.Contains(text, `"message"`) {
		t.Errorf("%d bytes: %.200s", len(text), text)
	}
	if long.Run.Message == nil {
		t.Error("the event was changed for the other pages")
	}
	short := encode(httpapi.Event{Type: "run", Run: &httpapi.RunEvent{Message: &httpapi.Message{Text: "kept"}}})
	if !strings.Contains(short, "kept") {
		t.Errorf("a short message was left out: %s", short)
	}
}

func TestCutOffPageIsToldToReadEverything(t *testing.T) {
	t.Parallel()
	f := feed.New()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begun, resume := make(chan struct{}), make(chan struct{})
	seen := make(chan string, 4000)
	first := true
	go forward(ctx, f, func(text string) {
		if first {
			first = false
			close(begun)
			<-resume
		}
		seen <- text
	})
	go func() { // until the forwarder has subscribed, hints go nowhere
		for ctx.Err() == nil {
			f.Hint("status", "x")
			select {
			case <-begun:
				return
			default:
			}
		}
	}()
	<-begun
	for range 2000 {
		f.Hint("status", "y")
	}
	close(resume)
	for text := range seen {
		if strings.Contains(text, `"topic":"queue"`) { // the last of the general hints
			return
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, want localdb.Window }{
		"first start": {localdb.Window{}, localdb.Window{Width: firstWidth, Height: firstHeight}},
		"kept":        {localdb.Window{X: 40, Y: 50, Width: 900, Height: 700, Placed: true}, localdb.Window{X: 40, Y: 50, Width: 900, Height: 700, Placed: true}},
		"screen gone": {localdb.Window{X: -5000, Y: 5, Width: 900, Height: 700, Placed: true}, localdb.Window{X: -5000, Y: 5, Width: 900, Height: 700}},
		"nonsense":    {localdb.Window{Width: -3, Height: 1 << 30, Placed: true}, localdb.Window{Width: firstWidth, Height: firstHeight}},
	} {
		if got := fit(tt.in); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}
