package openai

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	sdk "github.com/sashabaranov/go-openai"
)

// quick decodes the chunk that nearly all of a stream consists of (one choice
// that adds text, or finishes) and an answer of one text with its usage without
// reflection, and says whether it could.
// What it does not know, down to a key that is new, it leaves to encoding/json,
// with which it agrees on all it takes; a fuzz test holds it to that. id and
// model are those of the chunk before, so as not to copy them each time.
type quick struct {
	data []byte
	at   int
	id   string
	mod  string
}

// space moves to the next byte that counts and returns it; 0 at the end.
func (q *quick) space() byte {
	for q.at < len(q.data) {
		switch b := q.data[q.at]; b {
		case ' ', '\t', '\n', '\r':
			q.at++
		default:
			return b
		}
	}
	return 0
}

// chunk decodes all of data into c, whose Choices it may use again.
func (q *quick) chunk(c *chunk) bool {
	choices := false
	c.ID, c.Model, c.Choices, c.Usage, c.Data, c.Error = "", "", c.Choices[:0], nil, nil, nil
	ok := q.object(func(key []byte) bool {
		switch string(key) {
		case "id":
			return q.text(&c.ID, q.id)
		case "model":
			return q.text(&c.Model, q.mod)
		case "choices":
			if choices {
				return false
			}
			choices = true
			return q.choices(c)
		case "usage":
			return q.usage(c)
		case "object", "created", "system_fingerprint", "service_tier", "obfuscation":
			return q.scalar()
		}
		return false
	})
	return ok && q.space() == 0 && q.at == len(q.data)
}

// choices takes a list of at most one.
func (q *quick) choices(c *chunk) bool {
	if q.space() != '[' {
		return false
	}
	q.at++
	if q.space() == ']' {
		q.at++
		return true
	}
	c.Choices = append(c.Choices, choice{})
	one := &c.Choices[0]
	deltas, messages := false, false
	ok := q.object(func(key []byte) bool {
		switch string(key) {
		case "index":
			return q.digits(&one.Index)
		case "delta":
			if deltas {
				return false
			}
			deltas = true
			return q.message(&one.Delta)
		case "message":
			if messages {
				return false
			}
			messages = true
			return q.message(&one.Message)
		case "finish_reason":
			return q.text(&one.FinishReason, "")
		case "logprobs", "stop_reason":
			return q.null()
		}
		return false
	})
	if !ok || q.space() != ']' {
		return false
	}
	q.at++
	return true
}

func (q *quick) message(m *message) bool {
	return q.object(func(key []byte) bool {
		switch string(key) {
		case "content":
			return q.text(&m.Content.text, "")
		case "reasoning_content":
			return q.text(&m.ReasoningContent, "")
		case "role":
			return q.scalar()
		case "refusal", "tool_calls", "function_call", "audio":
			return q.null()
		case "annotations":
			return q.nothing()
		}
		return false
	})
}

func (q *quick) usage(c *chunk) bool {
	if c.Usage != nil || q.null() {
		return c.Usage == nil // else it is there twice
	}
	c.Usage = &usage{}
	u := &c.Usage.Usage
	return q.object(func(key []byte) bool {
		switch string(key) {
		case "prompt_tokens":
			return q.digits(&u.PromptTokens)
		case "completion_tokens":
			return q.digits(&u.CompletionTokens)
		case "total_tokens":
			return q.digits(&u.TotalTokens)
		case "prompt_tokens_details":
			return q.prompted(u)
		case "completion_tokens_details":
			return q.completed(u)
		}
		return false
	})
}

func (q *quick) prompted(u *sdk.Usage) bool {
	if u.PromptTokensDetails != nil || q.null() {
		return u.PromptTokensDetails == nil
	}
	u.PromptTokensDetails = &sdk.PromptTokensDetails{}
	return q.object(func(key []byte) bool {
		switch string(key) {
		case "cached_tokens":
			return q.digits(&u.PromptTokensDetails.CachedTokens)
		case "audio_tokens":
			return q.digits(&u.PromptTokensDetails.AudioTokens)
		}
		return false
	})
}

func (q *quick) completed(u *sdk.Usage) bool {
	if u.CompletionTokensDetails != nil || q.null() {
		return u.CompletionTokensDetails == nil
	}
	d := &sdk.CompletionTokensDetails{}
	u.CompletionTokensDetails = d
	return q.object(func(key []byte) bool {
		switch string(key) {
		case "reasoning_tokens":
			return q.digits(&d.ReasoningTokens)
		case "audio_tokens":
			return q.digits(&d.AudioTokens)
		case "accepted_prediction_tokens":
			return q.digits(&d.AcceptedPredictionTokens)
		case "rejected_prediction_tokens":
			return q.digits(&d.RejectedPredictionTokens)
		}
		return false
	})
}

// nothing takes an empty list or null.
func (q *quick) nothing() bool {
	if q.space() != '[' {
		return q.null()
	}
	q.at++
	if q.space() != ']' {
		return false
	}
	q.at++
	return true
}

// object calls on for each member, which must take its value.
func (q *quick) object(on func(key []byte) bool) bool {
	if q.space() != '{' {
		return false
	}
	q.at++
	if q.space() == '}' {
		q.at++
		return true
	}
	for {
		raw, plain := q.quoted()
		if !plain || q.space() != ':' {
			return false
		}
		q.at++
		if !on(raw) {
			return false
		}
		switch q.space() {
		case ',':
			q.at++
		case '}':
			q.at++
			return true
		default:
			return false
		}
	}
}

// quoted takes a string; plain says that its raw bytes are its value. nil: no
// string, or one that is not whole.
func (q *quick) quoted() (raw []byte, plain bool) {
	if q.space() != '"' {
		return nil, false
	}
	start := q.at + 1
	plain = true
	for at := start; at < len(q.data); at++ {
		switch b := q.data[at]; {
		case b == '"':
			q.at = at + 1
			raw = q.data[start:at]
			return raw, plain && utf8.Valid(raw)
		case b == '\\':
			plain = false
			at++
		case b < ' ':
			return nil, false
		}
	}
	return nil, false
}

// text takes a string or null; one that is known is not copied.
func (q *quick) text(into *string, known string) bool {
	if q.null() {
		return true // encoding/json leaves what was there
	}
	start := q.at
	raw, plain := q.quoted()
	switch {
	case raw == nil:
		return false
	case !plain:
		return json.Unmarshal(bytes.TrimSpace(q.data[start:q.at]), into) == nil
	case string(raw) == known:
		*into = known
	default:
		*into = string(raw)
	}
	return true
}

func (q *quick) null() bool {
	if q.space() != 'n' || !bytes.HasPrefix(q.data[q.at:], []byte("null")) {
		return false
	}
	q.at += len("null")
	return true
}

// digits takes a small whole number.
func (q *quick) digits(into *int) bool {
	b := q.space()
	if b == '0' {
		q.at++
		*into = 0
		return true // what follows must be a comma or an end, or the object refuses
	}
	n, start := 0, q.at
	for q.at < len(q.data) && q.data[q.at] >= '0' && q.data[q.at] <= '9' && q.at-start < 9 {
		n = 10*n + int(q.data[q.at]-'0')
		q.at++
	}
	*into = n
	return q.at > start
}

// scalar passes over a string, a whole number or null that nobody needs.
func (q *quick) scalar() bool {
	switch b := q.space(); {
	case b == '"':
		raw, plain := q.quoted()
		return raw != nil && plain
	case b == 'n':
		return q.null()
	case b >= '1' && b <= '9':
		for q.at < len(q.data) && q.data[q.at] >= '0' && q.data[q.at] <= '9' {
			q.at++
		}
		return true
	}
	return false
}
