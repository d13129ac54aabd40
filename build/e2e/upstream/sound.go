package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// hear writes down a recording, whose bytes are what is said in it: "say hello
// there". Models of the whisper family answer in one piece whatever is asked.
func hear(w http.ResponseWriter, r *http.Request) {
	file, _, err := r.FormFile("file")
	if err != nil {
		refuse(w, http.StatusBadRequest, object{"error": object{"message": err.Error(), "type": "invalid_request_error"}})
		return
	}
	said, err := io.ReadAll(file)
	if err != nil {
		refuse(w, http.StatusBadRequest, object{"error": object{"message": err.Error(), "type": "invalid_request_error"}})
		return
	}
	p := planned(string(said), "", 0)
	if p.status != 0 {
		refuse(w, p.status, object{"error": object{"message": indiscreet(r), "type": "scripted", "code": nil}})
		return
	}
	byTime := strings.HasPrefix(r.FormValue("model"), "whisper")
	if r.FormValue("stream") == "true" && !byTime {
		p.tell(w, r)
		return
	}
	text := strings.Join(p.words, "")
	usage := object{"type": "tokens", "input_tokens": 14, "input_token_details": object{"text_tokens": 4, "audio_tokens": 10}, "output_tokens": 3, "total_tokens": 17}
	if byTime {
		usage = object{"type": "duration", "seconds": 90}
	}
	span := object{"id": 0, "start": 0.5, "end": 2.25, "text": text}
	switch format := r.FormValue("response_format"); format {
	case "text":
		plain(w, text+"\n")
	case "srt":
		plain(w, "1\n00:00:00,500 --> 00:00:02,250\n"+text+"\n\n")
	case "vtt":
		plain(w, "WEBVTT\n\n00:00:00.500 --> 00:00:02.250\n"+text+"\n\n")
	case "verbose_json":
		reply(w, object{"task": "transcribe", "language": "english", "duration": 90, "text": text, "segments": []any{span}, "words": []any{object{"word": text, "start": 0.5, "end": 2.25}}, "usage": usage})
	case "diarized_json":
		span["id"], span["speaker"], span["type"] = "seg_0", "A", "transcript.text.segment"
		reply(w, object{"task": "transcribe", "duration": 90, "text": text, "segments": []any{span}, "usage": usage})
	default:
		reply(w, object{"text": text, "usage": usage})
	}
}

func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, text)
}

// tell streams a transcript.
func (p plan) tell(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, word := range p.words {
		event(w, "", object{"type": "transcript.text.delta", "delta": word})
	}
	p.ended(r)
	event(w, "", object{"type": "transcript.text.done", "text": strings.Join(p.words, ""), "usage": object{
		"type": "tokens", "input_tokens": 14, "input_token_details": object{"text_tokens": 4, "audio_tokens": 10}, "output_tokens": 3, "total_tokens": 17,
	}})
}

// heard passes on that somebody has heard the first word: POST /heard says so.
var heard = make(chan struct{})

func tellHeard(_ http.ResponseWriter, r *http.Request) {
	select {
	case heard <- struct{}{}:
	case <-r.Context().Done():
	}
}

// speak reads a text aloud, as its bytes. "wait" goes on once somebody has heard
// the first word; "cut" and "stall" end after two.
func speak(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Input  string
		Stream string `json:"stream_format"`
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, object{"error": object{"message": err.Error(), "type": "invalid_request_error"}})
		return
	}
	p := planned(c.Input, "", 0)
	if p.status != 0 {
		refuse(w, p.status, object{"error": object{"message": indiscreet(r), "type": "scripted", "code": nil}})
		return
	}
	if c.Stream == "sse" {
		w.Header().Set("Content-Type", "text/event-stream")
		event(w, "", object{"type": "speech.audio.delta", "audio": "AAEC"})
		event(w, "", object{"type": "speech.audio.done", "usage": object{"input_tokens": 4, "output_tokens": 20, "total_tokens": 24}})
		return
	}
	w.Header().Set("Content-Type", "audio/mpeg")
	for i, word := range p.words {
		fmt.Fprint(w, word)
		flush(w)
		if i > 0 || !strings.HasPrefix(c.Input, "wait ") {
			continue
		}
		select {
		case <-heard:
		case <-r.Context().Done():
		}
	}
	p.ended(r)
}

// rank puts documents in the order of how often they have the query's words.
func rank(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Query     string
		Documents []string
		Top       int `json:"top_n"`
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, object{"message": err.Error()})
		return
	}
	results := []any{}
	for n := 9; n >= 0; n-- { // nobody asks for more
		for i, text := range c.Documents {
			if strings.Count(text, c.Query) == n && (c.Top == 0 || len(results) < c.Top) {
				results = append(results, object{"index": i, "relevance_score": float64(n) / 10})
			}
		}
	}
	reply(w, object{"id": "rank_1", "results": results, "meta": object{"api_version": object{"version": "2"}, "billed_units": object{"search_units": 1}}})
}
