// Package completions reads what passes on OpenAI's old completions wire:
// requests, and answers streamed and whole.
package completions

import (
	"strconv"

	"nexusai/backend/fault"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/splice"
)

// usualMax is how many tokens this wire writes at most when the request does
// not say (platform.openai.com/docs/api-reference/completions).
const usualMax = 16

// Request is what a gateway must know of a request body that it passes on.
type Request struct {
	openai.Request
	// Choices are written for, BestOf of which only the best are shown.
	Choices int
	Prompts int // one answer each; at least 1
	// Plain says that the answer is one text and nothing else: one prompt and
	// choice, no logprobs, no echo, nothing to fill in before.
	Plain bool

	limited bool // it says how many tokens
}

// ReadRequest finds those facts. The result shares body. It returns a
// fault.BadRequest for anything else than a JSON object in UTF-8, and for a
// field that it reads of a wrong type.
func ReadRequest(body []byte) (Request, error) {
	r := Request{Prompts: 1, Plain: true}
	var err error
	if r.Request, err = openai.ReadRequest(body); err != nil {
		return r, err
	}
	bestOf := 1
	_, err = splice.Members(body, 0, func(key string, value splice.Span) error {
		raw := value.Of(body)
		null := string(raw) == "null"
		switch key {
		case "max_tokens":
			r.limited = !null
		case "best_of":
			return splice.Field(raw, key, &bestOf)
		case "prompt":
			r.Prompts = prompts(raw)
		case "logprobs":
			r.Plain = r.Plain && null
		case "suffix":
			r.Plain = r.Plain && (null || string(raw) == `""`)
		case "echo":
			r.Plain = r.Plain && (null || string(raw) == "false")
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	if bestOf < 0 || r.Prompts*max(r.N, bestOf) > openai.MaxChoices {
		return r, fault.New(fault.BadRequest, "The request asks for more answers than one request may.", nil).At("best_of")
	}
	r.Choices = r.Prompts * max(r.N, bestOf)
	r.Plain = r.Plain && r.Choices == 1
	return r, nil
}

// prompts in a list of texts or of lists of tokens; a list of tokens is one.
func prompts(raw []byte) int {
	n := 0
	if !splice.Each(raw, func(_ int, item []byte) bool {
		if item[0] == '"' || item[0] == '[' {
			n++
		}
		return true
	}) {
		return 1
	}
	return max(n, 1)
}

// MaxOutput is the limit of one answer: what the request says, else what the
// wire usually does.
func (r Request) MaxOutput() int {
	if r.MaxTokens > 0 {
		return r.MaxTokens
	}
	return usualMax
}

// Rewrite returns a body with the model replaced, usage asked for in a stream
// and, when maxOutput is not 0 and the request sets no limit, the wire's usual
// one or maxOutput, whichever is smaller. All other bytes stay.
func (r Request) Rewrite(model string, maxOutput int) []byte {
	body := r.Request.Rewrite(model, true)
	if maxOutput <= 0 || r.limited {
		return body
	}
	at := splice.Span{}
	// No error can come: the body was an object before the edits.
	end, _ := splice.Members(body, 0, func(key string, value splice.Span) error {
		if key == "max_tokens" {
			at = value
		}
		return nil
	})
	limit := strconv.Itoa(min(usualMax, maxOutput))
	if at.There() { // null
		return splice.Apply(body, []splice.Edit{{At: at, Text: limit}})
	}
	return splice.Apply(body, []splice.Edit{splice.Add(body, end, `"max_tokens"`, limit)})
}
