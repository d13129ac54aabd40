package openai_test

import (
	"log/slog"
	"testing"

	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

// TestWhatItGoesOnFromIsNotSaidTwice: llama.cpp begins with the partial answer,
// in pieces or as a whole; another server does not.
func TestWhatItGoesOnFromIsNotSaidTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		words []string
		want  string
	}{
		"echo at once":      {[]string{"It is a d", "og."}, "og."},
		"echo in pieces":    {[]string{"It ", "is", " a", " do", "g."}, "og."},
		"no echo":           {[]string{"og", "."}, "og."},
		"another answer":    {[]string{"It ", "was a cat."}, "It was a cat."},
		"cut in the echo":   {[]string{"It "}, ""},
		"said a third time": {[]string{"It is a d", "It is a d"}, "It is a d"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := up.Serve(t, up.Answer(c.words...))
			client, err := openai.New(openai.Config{BaseURL: u.URL, Dialect: openai.LlamaCPP(), HTTP: u.Client, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			req := hello()
			req.Messages = append(req.Messages, llm.Message{Role: llm.Assistant, Text: "It is a d"})
			heard := ""
			got, err := client.Chat(t.Context(), req, func(d llm.Delta) error { heard += d.Text; return nil })
			if err != nil || got.Text != c.want || heard != c.want {
				t.Errorf("%v: %q, heard %q", err, got.Text, heard)
			}
		})
	}
}
