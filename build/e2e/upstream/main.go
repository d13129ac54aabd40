// Command upstream is a provider for the tests of the official clients: it
// speaks OpenAI's, Anthropic's, Google's and Cohere's wires and does what the
// last words of the user ask: "say hello there", "call look {}", "json",
// "images", "fail 429", "cut", "stall".
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// gone counts callers that have left a stalled answer.
var gone atomic.Int64

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", chat)
	mux.HandleFunc("POST /v1/completions", complete)
	mux.HandleFunc("POST /v1/embeddings", embed)
	mux.HandleFunc("POST /v1/messages", message)
	mux.HandleFunc("POST /v1/messages/count_tokens", func(w http.ResponseWriter, _ *http.Request) { reply(w, map[string]int{"input_tokens": 42}) })
	mux.HandleFunc("POST /v1beta/models/{call}", generate)
	mux.HandleFunc("POST /v1/audio/transcriptions", hear)
	mux.HandleFunc("POST /v1/audio/speech", speak)
	mux.HandleFunc("POST /v1/rerank", rank)
	mux.HandleFunc("POST /heard", tellHeard)
	mux.HandleFunc("GET /gone", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, gone.Load()) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

// plan is what an answer will be.
type plan struct {
	words  []string
	tool   string // to call, with args
	args   string
	status int    // other than 200
	end    string // "", "cut" or "stall"
}

// planned reads what the user asked for; result is what a tool returned since.
func planned(last, result string, images int) plan {
	if result != "" {
		return plan{words: []string{"result:", " " + result}}
	}
	verb, rest, _ := strings.Cut(last, " ")
	switch verb {
	case "call":
		name, args, _ := strings.Cut(rest, " ")
		return plan{tool: name, args: args}
	case "json":
		return plan{words: []string{`{"answer"`, `:42}`}}
	case "images":
		return plan{words: []string{"images: ", strconv.Itoa(images)}}
	case "fail":
		first, _, _ := strings.Cut(rest, " ")
		status, _ := strconv.Atoi(first) // 0 of a bad one is refused by net/http, loudly
		return plan{status: status}
	case "cut", "stall":
		return plan{words: []string{"one", " two"}, end: verb}
	}
	words := strings.SplitAfter(rest, " ")
	return plan{words: words}
}

// ended breaks a stream off, or keeps it silent until its caller has left.
func (p plan) ended(r *http.Request) {
	if p.end == "cut" {
		panic(http.ErrAbortHandler)
	}
	p.stalled(r)
}

// stalled is what a whole answer knows of that.
func (p plan) stalled(r *http.Request) {
	if p.end == "stall" {
		<-r.Context().Done()
		gone.Add(1)
		panic(http.ErrAbortHandler)
	}
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Print(err)
	}
}

// event sends one event of a stream.
func event(w http.ResponseWriter, name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		log.Print(err)
	}
	if name != "" {
		fmt.Fprintf(w, "event: %s\n", name)
	}
	fmt.Fprintf(w, "data: %s\n\n", data)
	flush(w)
}

func flush(w http.ResponseWriter) {
	if err := http.NewResponseController(w).Flush(); err != nil {
		log.Print(err)
	}
}

// refuse answers as every wire does that has an error object.
func refuse(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "7")
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Print(err)
	}
}

type object = map[string]any

// indiscreet is what a provider might say that shows its caller's key.
func indiscreet(r *http.Request) string {
	return "as asked by " + r.Header.Get("Authorization") + r.Header.Get("X-Api-Key") + r.Header.Get("X-Goog-Api-Key")
}
