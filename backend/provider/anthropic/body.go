package anthropic

import (
	"encoding/json"
	"strconv"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
)

// Request is what a gateway must know of a request body that it passes on.
type Request struct {
	Model     string // empty when absent
	Stream    bool
	MaxTokens int // 0 when absent
	// Plain says that the answer is one text and nothing else: no tools, no
	// schema, no thinking.
	Plain bool
	// Affinity ties it to where its prompt cache lives: the user's id that the
	// caller gave; may be empty.
	Affinity string
	// Images in the request, and the bytes of their data: the rest of the body
	// is text.
	Images, ImageBytes int

	body  []byte
	model splice.Span
	limit splice.Span
	end   int // after the last member of the object
}

// ReadRequest finds those facts in a request of /messages or its count_tokens.
// The result shares body. It returns a fault.BadRequest for anything else than
// a JSON object in UTF-8, for a field that it reads of a wrong type, and for one
// that is there twice: what we read must be what the provider reads.
func ReadRequest(body []byte) (Request, error) {
	r := Request{body: body, Plain: true}
	if err := splice.Check(body); err != nil {
		return r, err
	}
	seen := map[string]bool{}
	end, err := splice.Members(body, 0, func(key string, value splice.Span) error {
		if seen[key] {
			return fault.New(fault.BadRequest, "A field of the request is there twice.", nil).At(key)
		}
		seen[key] = true
		return r.member(key, value)
	})
	if err != nil {
		return r, err
	}
	r.end = end
	if r.MaxTokens < 0 {
		return r, fault.New(fault.BadRequest, "A count in the request is negative.", nil).At("max_tokens")
	}
	return r, nil
}

func (r *Request) member(key string, value splice.Span) error {
	raw := value.Of(r.body)
	switch key {
	case "model":
		r.model = value
		return splice.Field(raw, key, &r.Model)
	case "stream":
		return splice.Field(raw, key, &r.Stream)
	case "max_tokens":
		r.limit = value
		return splice.Field(raw, key, &r.MaxTokens)
	case "metadata":
		var m struct {
			UserID string `json:"user_id"`
		}
		if json.Unmarshal(raw, &m) == nil { // a wrong type: the provider says so
			r.Affinity = m.UserID
		}
	case "messages":
		r.pictures(raw)
	case "thinking":
		var t thinking
		r.Plain = r.Plain && json.Unmarshal(raw, &t) == nil && (t.Type == "" || t.Type == "disabled")
	case "output_config":
		var o outputConfig
		r.Plain = r.Plain && json.Unmarshal(raw, &o) == nil && o.Format == nil
	case "tools":
		r.Plain = r.Plain && (string(raw) == "null" || raw[0] == '[' && splice.Empty(raw, 0))
	case "output_format", "mcp_servers", "container":
		r.Plain = r.Plain && string(raw) == "null"
	}
	return nil
}

// pictures counts the images of all turns, those in results of tools too.
func (r *Request) pictures(messages []byte) {
	splice.Each(messages, func(_ int, turn []byte) bool {
		if turn[0] == '{' {
			r.inside(turn, 0)
		}
		return true
	})
}

// maxNested is how deep blocks are within a turn: those of a result of a tool.
const maxNested = 2

func (r *Request) inside(owner []byte, depth int) {
	_, _ = splice.Members(owner, 0, func(key string, value splice.Span) error { // the callback returns no error
		if key != "content" {
			return nil
		}
		splice.Each(value.Of(owner), func(_ int, item []byte) bool {
			r.block(item, depth)
			return true
		})
		return nil
	})
}

func (r *Request) block(raw []byte, depth int) {
	if raw[0] != '{' {
		return
	}
	var kind string
	data := 0
	_, _ = splice.Members(raw, 0, func(key string, value splice.Span) error { // the callback returns no error
		switch key {
		case "type":
			_ = json.Unmarshal(value.Of(raw), &kind) // of a wrong type: no kind
		case "source":
			data = value.To - value.From
		}
		return nil
	})
	switch {
	case kind == "image":
		r.Images++
		r.ImageBytes += data
	case kind == "tool_result" && depth < maxNested:
		r.inside(raw, depth+1)
	}
}

// Rewrite returns a body with the model replaced and, when maxOutput is not 0
// and the request sets no limit, that limit. All other bytes are those of the
// original, which is not changed.
func (r Request) Rewrite(model string, maxOutput int) []byte {
	name, err := json.Marshal(model)
	if err != nil { // a string always encodes
		panic(err)
	}
	edits, added := []splice.Edit{}, ""
	put := func(at splice.Span, key, value string) {
		if at.There() {
			edits = append(edits, splice.Edit{At: at, Text: value})
			return
		}
		if added != "" {
			added += ","
		}
		added += key + ":" + value
	}
	put(r.model, `"model"`, string(name))
	if maxOutput > 0 && !r.limited() {
		put(r.limit, `"max_tokens"`, strconv.Itoa(maxOutput))
	}
	if added != "" {
		key, value, _ := strings.Cut(added, ":")
		edits = append(edits, splice.Add(r.body, r.end, key, value))
	}
	return splice.Apply(r.body, edits)
}

// limited says that the request sets a limit; 0 is one, which only fills the
// prompt cache.
func (r Request) limited() bool {
	return r.limit.There() && string(r.limit.Of(r.body)) != "null"
}
