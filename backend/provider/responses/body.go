// Package responses reads what passes on OpenAI's Responses wire: requests, and
// answers streamed and whole.
package responses

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
)

// Request is what a gateway must know of a request body that it passes on.
type Request struct {
	Model     string // empty when absent
	Stream    bool
	MaxOutput int // max_output_tokens; 0 when absent
	// Plain says that the answer is one text and nothing else: no tools, no
	// schema, no logprobs, no reasoning that was asked for.
	Plain bool
	// Affinity ties it to where its prompt cache or its history lives.
	Affinity string
	// Previous is the response that it goes on from, Conversation the
	// conversation that the provider keeps; ids of the provider are not its
	// caller's to choose freely.
	Previous, Conversation string
	// Store says that the provider is to keep the answer: its default is true.
	Store      bool
	Background bool // the answer would only be a promise
	// Images in the request, and the bytes of their data: the rest of the body
	// is text.
	Images, ImageBytes int

	body  []byte
	model splice.Span
	limit splice.Span
	end   int // after the last member of the object
}

// ReadRequest finds those facts. The result shares body. It returns a
// fault.BadRequest for anything else than a JSON object in UTF-8, for a field
// that it reads of a wrong type, and for one that is there twice: what we read
// must be what the provider reads.
func ReadRequest(body []byte) (Request, error) {
	r := Request{body: body, Plain: true, Store: true}
	if err := splice.Check(body); err != nil {
		return r, err
	}
	seen := map[string]bool{}
	cacheKey := ""
	end, err := splice.Members(body, 0, func(key string, value splice.Span) error {
		if seen[key] {
			return fault.New(fault.BadRequest, "A field of the request is there twice.", nil).At(key)
		}
		seen[key] = true
		if key == "prompt_cache_key" {
			return splice.Field(value.Of(body), key, &cacheKey)
		}
		return r.member(key, value)
	})
	if err != nil {
		return r, err
	}
	r.end = end
	if r.MaxOutput < 0 {
		return r, fault.New(fault.BadRequest, "A limit of tokens cannot be negative.", nil).At("max_output_tokens")
	}
	for _, tie := range []string{r.Previous, r.Conversation, cacheKey} {
		if r.Affinity == "" {
			r.Affinity = tie
		}
	}
	return r, nil
}

func (r *Request) member(key string, value splice.Span) error {
	raw := value.Of(r.body)
	null := string(raw) == "null"
	switch key {
	case "model":
		r.model = value
		return splice.Field(raw, key, &r.Model)
	case "stream":
		return splice.Field(raw, key, &r.Stream)
	case "max_output_tokens":
		r.limit = value
		return splice.Field(raw, key, &r.MaxOutput)
	case "previous_response_id":
		return splice.Field(raw, key, &r.Previous)
	case "conversation":
		return r.conversation(raw)
	case "store":
		return splice.Field(raw, key, &r.Store)
	case "background":
		return splice.Field(raw, key, &r.Background)
	case "input":
		r.pictures(raw, 0)
	case "tools":
		r.Plain = r.Plain && (null || raw[0] == '[' && splice.Empty(raw, 0))
	case "reasoning", "prompt", "top_logprobs":
		r.Plain = r.Plain && (null || string(raw) == "0")
	case "include":
		r.Plain = r.Plain && (null || raw[0] == '[' && splice.Empty(raw, 0))
	case "text":
		var text struct{ Format struct{ Type string } }
		r.Plain = r.Plain && json.Unmarshal(raw, &text) == nil && (text.Format.Type == "" || text.Format.Type == "text")
	}
	return nil
}

// conversation is an id or an object with one.
func (r *Request) conversation(raw []byte) error {
	if raw[0] != '{' {
		return splice.Field(raw, "conversation", &r.Conversation)
	}
	var named struct{ ID string }
	err := splice.Field(raw, "conversation", &named)
	r.Conversation = named.ID
	return err
}

// maxNested is how deep contents are within the input: an item, its parts, and
// the parts of what a tool returned.
const maxNested = 3

// pictures counts the images of a list and of the contents within.
func (r *Request) pictures(raw []byte, depth int) {
	if depth > maxNested {
		return
	}
	splice.Each(raw, func(_ int, item []byte) bool {
		if item[0] == '{' {
			r.item(item, depth)
		}
		return true
	})
}

func (r *Request) item(raw []byte, depth int) {
	var kind string
	data := 0
	_, _ = splice.Members(raw, 0, func(key string, value splice.Span) error { // the callback returns no error
		inner := value.Of(raw)
		switch key {
		case "type":
			_ = json.Unmarshal(inner, &kind) // of a wrong type: no kind
		case "image_url":
			data = len(inner)
		case "content", "output":
			r.pictures(inner, depth+1)
		}
		return nil
	})
	if kind == "input_image" || kind == "computer_screenshot" {
		r.Images++
		r.ImageBytes += data
	}
}

// Rewrite returns a body with the model replaced and, when maxOutput is not 0
// and the request sets no limit, that limit. All other bytes are those of the
// original, which is not changed. Usage needs no asking.
func (r Request) Rewrite(model string, maxOutput int) []byte {
	name, err := json.Marshal(model)
	if err != nil { // a string always encodes
		panic(err)
	}
	var edits []splice.Edit
	var added []string
	put := func(at splice.Span, key, value string) {
		if at.There() {
			edits = append(edits, splice.Edit{At: at, Text: value})
			return
		}
		added = append(added, key+":"+value)
	}
	put(r.model, `"model"`, string(name))
	if maxOutput > 0 && r.MaxOutput == 0 {
		put(r.limit, `"max_output_tokens"`, strconv.Itoa(maxOutput))
	}
	if len(added) > 0 {
		key, value, _ := strings.Cut(strings.Join(added, ","), ":")
		edits = append(edits, splice.Add(r.body, r.end, key, value))
	}
	return splice.Apply(r.body, slices.Clip(edits))
}
