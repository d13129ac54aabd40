package openai

import (
	"encoding/json"

	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
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
	models  []splice.Span // every value of "model": with duplicates some servers take the first
	options splice.Span   // value of "stream_options"
	usage   splice.Span   // value of "include_usage" within options
	end     int           // after the last member of the object
}

// ReadRequest finds those facts in a JSON object. The result shares body. It
// returns a fault.BadRequest for anything else than a JSON object in UTF-8, or
// when a field that it reads has the wrong type.
func ReadRequest(body []byte) (Request, error) {
	r := Request{N: 1, body: body}
	if err := splice.Check(body); err != nil {
		return r, err
	}
	legacyMax := 0
	end, err := splice.Members(body, 0, func(key string, value splice.Span) error {
		raw := value.Of(body)
		switch key {
		case "model":
			r.models = append(r.models, value)
			return splice.Field(raw, key, &r.Model)
		case "stream":
			return splice.Field(raw, key, &r.Stream)
		case "max_completion_tokens":
			return splice.Field(raw, key, &r.MaxTokens)
		case "max_tokens":
			return splice.Field(raw, key, &legacyMax)
		case "n":
			return splice.Field(raw, key, &r.N)
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

func (r *Request) readOptions(value splice.Span) {
	r.options, r.usage, r.IncludeUsage = value, splice.Span{}, false
	if r.body[value.From] != '{' {
		return
	}
	// No error can come: the callback returns none and the value is an object.
	_, _ = splice.Members(r.body, value.From, func(key string, inner splice.Span) error {
		if key == "include_usage" {
			r.usage = inner
			r.IncludeUsage = string(r.body[inner.From:inner.To]) == "true"
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
	var edits []splice.Edit
	for _, at := range r.models {
		edits = append(edits, splice.Edit{At: at, Text: string(name)})
	}
	if askUsage && r.Stream && !r.IncludeUsage {
		edits = append(edits, r.usageEdits()...)
	}
	return splice.Apply(r.body, edits)
}

const wantUsage = `{"include_usage":true}`

func (r Request) usageEdits() []splice.Edit {
	switch {
	case r.usage.There(): // false or null
		return []splice.Edit{{At: r.usage, Text: "true"}}
	case !r.options.There():
		return []splice.Edit{splice.Add(r.body, r.end, `"stream_options"`, wantUsage)}
	case r.body[r.options.From] == 'n': // null
		return []splice.Edit{{At: r.options, Text: wantUsage}}
	case r.body[r.options.From] == '{':
		inside := r.options.From + 1
		text := `"include_usage":true`
		if !splice.Empty(r.body, r.options.From) {
			text += ","
		}
		return []splice.Edit{{At: splice.Span{From: inside, To: inside}, Text: text}}
	}
	return nil // a wrong type: the provider says so
}
