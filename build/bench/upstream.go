package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

const (
	streamTokens = 200
	tokenEvery   = 5 * time.Millisecond
)

// scripted is a provider that answers at once, or streams 200 tokens at 5 ms
// each; it counts what it did.
type scripted struct {
	answered atomic.Int64 // whole answers
	tokens   atomic.Int64 // of input and output that it would bill
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller has left
	}
	var asked struct {
		Stream bool `json:"stream"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		http.Error(w, `{"error":{"message":"not JSON"}}`, http.StatusBadRequest)
		return
	}
	if asked.Stream {
		s.stream(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if _, err := io.WriteString(w, completion); err == nil {
		s.answered.Add(1)
		s.tokens.Add(10)
	}
}

const (
	chunkHead  = `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":{`
	chunkTail  = `},"finish_reason":null}]}` + "\n\n"
	streamTail = `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" +
		`data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"up","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":200,"total_tokens":209}}` + "\n\n" +
		"data: [DONE]\n\n"
)

func (s *scripted) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w).Flush
	tick := time.NewTicker(tokenEvery)
	defer tick.Stop()
	for n := range streamTokens {
		if _, err := fmt.Fprintf(w, `%s"content":"t%03d "%s`, chunkHead, n, chunkTail); err != nil || flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
	if _, err := io.WriteString(w, streamTail); err == nil {
		s.answered.Add(1)
		s.tokens.Add(209)
	}
}

// wholeStream says whether a client got every token in order and the end.
func wholeStream(text string) bool {
	return strings.Contains(text, "data: [DONE]") && strings.Count(text, `"content":"t`) == streamTokens
}
