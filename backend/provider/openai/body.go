package openai

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"nexusai/backend/fault"
)

// Request is what a gateway must know of a request body that it passes on. The
// body itself is never decoded and encoded again: that would change numbers,
// key order and spacing, and with them the provider's prompt cache.
type Request struct {
	Model        string // empty when absent
	Stream       bool
	IncludeUsage bool // the caller asked for the usage chunk
	MaxTokens    int  // max_completion_tokens, else max_tokens; 0 when absent
	N            int  // how many answers; 1 when absent

	body    []byte
	models  []span // every value of "model": with duplicates some servers take the first
	options span   // value of "stream_options"
	usage   span   // value of "include_usage" within options
	end     int    // after the last member of the object
}

// span is body[from:to]; to is 0 for a value that is not there.
type span struct{ from, to int }

// ReadRequest finds those facts in a JSON object. The result shares body. It
// returns a fault.BadRequest for anything else than a JSON object in UTF-8, or
// when a field that it reads has the wrong type.
func ReadRequest(body []byte) (Request, error) {
	r := Request{N: 1, body: body}
	if !utf8.Valid(body) {
		return r, fault.New(fault.BadRequest, "The request is not valid UTF-8.", nil)
	}
	if !json.Valid(body) {
		return r, fault.New(fault.BadRequest, "The request is not valid JSON.", nil)
	}
	legacyMax := 0
	end, err := members(body, 0, func(key string, value span) error {
		raw := body[value.from:value.to]
		switch key {
		case "model":
			r.models = append(r.models, value)
			return readField(raw, key, &r.Model)
		case "stream":
			return readField(raw, key, &r.Stream)
		case "max_completion_tokens":
			return readField(raw, key, &r.MaxTokens)
		case "max_tokens":
			return readField(raw, key, &legacyMax)
		case "n":
			return readField(raw, key, &r.N)
		case "stream_options":
			r.readOptions(value)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	r.end = end
	if r.MaxTokens == 0 {
		r.MaxTokens = legacyMax
	}
	if r.N < 1 || r.MaxTokens < 0 {
		return r, fault.New(fault.BadRequest, "A count in the request is negative.", nil).At("n")
	}
	return r, nil
}

// readField decodes one member; null leaves the default.
func readField(raw []byte, key string, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return fault.New(fault.BadRequest, "A field of the request has the wrong type.", err).At(key)
	}
	return nil
}

func (r *Request) readOptions(value span) {
	r.options, r.usage, r.IncludeUsage = value, span{}, false
	if r.body[value.from] != '{' {
		return
	}
	// No error can come: the callback returns none and the value is an object.
	_, _ = members(r.body, value.from, func(key string, inner span) error {
		if key == "include_usage" {
			r.usage = inner
			r.IncludeUsage = string(r.body[inner.from:inner.to]) == "true"
		}
		return nil
	})
}

// Rewrite returns a body with the model replaced and, for a stream when
// askUsage is set, include_usage asked for. All other bytes are those of the
// original, which is not changed.
func (r Request) Rewrite(model string, askUsage bool) []byte {
	name, err := json.Marshal(model)
	if err != nil { // a string always encodes
		panic(err)
	}
	var edits []edit
	for _, at := range r.models {
		edits = append(edits, edit{at, string(name)})
	}
	if askUsage && r.Stream && !r.IncludeUsage {
		edits = append(edits, r.usageEdits()...)
	}
	return splice(r.body, edits)
}

const wantUsage = `{"include_usage":true}`

func (r Request) usageEdits() []edit {
	switch {
	case r.usage.to > 0: // false or null
		return []edit{{r.usage, "true"}}
	case r.options.to == 0: // r.Stream is set, so the object has a member before
		return []edit{{span{r.end, r.end}, `,"stream_options":` + wantUsage}}
	case r.body[r.options.from] == 'n': // null
		return []edit{{r.options, wantUsage}}
	case r.body[r.options.from] == '{':
		inside := r.options.from + 1
		text := `"include_usage":true`
		if r.body[skipSpace(r.body, inside)] != '}' {
			text += ","
		}
		return []edit{{span{inside, inside}, text}}
	}
	return nil // a wrong type: the provider says so
}

type edit struct {
	at   span
	text string
}

// splice applies edits, which do not overlap, in the order of their place.
func splice(body []byte, edits []edit) []byte {
	out := make([]byte, 0, len(body)+64)
	at := 0
	for len(edits) > 0 {
		next := 0
		for i := range edits {
			if edits[i].at.from < edits[next].at.from {
				next = i
			}
		}
		e := edits[next]
		edits = append(edits[:next:next], edits[next+1:]...)
		out = append(append(out, body[at:e.at.from]...), e.text...)
		at = e.at.to
	}
	return append(out, body[at:]...)
}

var errNoObject = errors.New("not an object")

// members calls on for each member of the object that starts at or after from,
// in order, and returns the offset after the last one. body must be valid JSON.
func members(body []byte, from int, on func(key string, value span) error) (int, error) {
	at := skipSpace(body, from)
	if body[at] != '{' {
		return 0, fault.New(fault.BadRequest, "The request is not a JSON object.", errNoObject)
	}
	end := at + 1
	at = skipSpace(body, end)
	for body[at] != '}' {
		keyEnd := skipString(body, at)
		var key string
		if err := json.Unmarshal(body[at:keyEnd], &key); err != nil {
			return 0, fault.New(fault.BadRequest, "The request is not valid JSON.", err)
		}
		start := skipSpace(body, skipSpace(body, keyEnd)+1) // over the colon
		end = skipValue(body, start)
		if err := on(key, span{start, end}); err != nil {
			return 0, err
		}
		at = skipSpace(body, end)
		if body[at] == ',' {
			at = skipSpace(body, at+1)
		}
	}
	return end, nil
}

func skipSpace(body []byte, at int) int {
	for at < len(body) && (body[at] == ' ' || body[at] == '\t' || body[at] == '\n' || body[at] == '\r') {
		at++
	}
	return at
}

// skipString returns the offset after the string that starts at at.
func skipString(body []byte, at int) int {
	for at++; body[at] != '"'; at++ {
		if body[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// skipValue returns the offset after the value that starts at at.
func skipValue(body []byte, at int) int {
	depth := 0
	for {
		switch body[at] {
		case '"':
			at = skipString(body, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		default:
			at++
		}
		if depth == 0 && (at >= len(body) || endsValue(body[at-1]) || endsScalar(body[at])) {
			return at
		}
	}
}

// endsValue: the byte closes a string, object or array.
func endsValue(b byte) bool { return b == '"' || b == '}' || b == ']' }

// endsScalar: the byte follows a number or a literal.
func endsScalar(b byte) bool {
	return b == ',' || b == '}' || b == ']' || b == ' ' || b == '\t' || b == '\n' || b == '\r'
}
