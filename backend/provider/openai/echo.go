package openai

import (
	"strings"

	"nexusai/backend/llm"
)

// echo takes out of an answer what the model was to go on from, where the
// server says that again. Not for concurrent use.
type echo struct {
	rest string // of the echo, that may still come
	held string // what came of it so far
}

// echo is what an answer to req may say again.
func (d Dialect) echo(req llm.ChatRequest) string {
	if d.Prefill != PrefillEchoed || len(req.Messages) == 0 {
		return ""
	}
	last := req.Messages[len(req.Messages)-1]
	if !opens(last) {
		return ""
	}
	return last.Text
}

// strip returns what of the next piece is new. An answer that turns out to be no
// echo is handed on with what was held of it.
func (e *echo) strip(text string) string {
	switch {
	case e.rest == "" || text == "":
		return text
	case strings.HasPrefix(text, e.rest):
		text = text[len(e.rest):]
		e.rest, e.held = "", ""
	case strings.HasPrefix(e.rest, text):
		e.rest, e.held = e.rest[len(text):], e.held+text
		return ""
	default:
		text = e.held + text
		e.rest, e.held = "", ""
	}
	return text
}
