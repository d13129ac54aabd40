package native

import (
	"context"
	"encoding/json"

	"nexusai/app/feed"
	"nexusai/backend/httpapi"
)

// maxEvent bounds one event, in bytes: it is injected as script.
const maxEvent = 4 << 10

// topics are everything a page can be told to read again.
var topics = []string{"conversations", "thread", "status", "models", "queue"}

// forward hands the feed to emit until ctx ends. A page that was cut off for
// being slow reads everything again.
func forward(ctx context.Context, f *feed.Feed, emit func(text string)) {
	for ctx.Err() == nil {
		s := f.Subscribe()
		drain(ctx, s, emit)
		s.Close()
		if ctx.Err() != nil {
			return
		}
		for _, topic := range topics {
			emit(encode(httpapi.Event{Type: "hint", Hint: &httpapi.Hint{Topic: topic}}))
		}
	}
}

func drain(ctx context.Context, s *feed.Subscription, emit func(text string)) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-s.Events():
			if !open {
				return
			}
			if text := encode(e); text != "" {
				emit(text)
			}
		}
	}
}

// encode keeps an event under its bound: a finished answer that is too long is
// left out, and the page fetches it, as it does after any last event without
// one.
func encode(e httpapi.Event) string {
	text, err := json.Marshal(e)
	if err == nil && len(text) > maxEvent && e.Run != nil && e.Run.Message != nil {
		short := *e.Run
		short.Message = nil
		text, err = json.Marshal(httpapi.Event{Type: e.Type, Run: &short})
	}
	if err != nil {
		return ""
	}
	return string(text)
}
