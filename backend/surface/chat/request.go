package chat

import (
	"cmp"
	"strconv"
	"strings"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/hosted"
	"nexusai/backend/surface/object"
	"nexusai/backend/surface/picture"
)

const (
	maxMessages = 8192  // four times what OpenAI allows
	maxParts    = 16384 // of all messages together
	maxChoices  = 128   // OpenAI's
)

// request is what must be known of a body that is passed on.
type request struct {
	body     []byte
	members  object.Object
	model    string
	stream   bool
	usage    bool // the caller asked for the usage chunk
	max      int  // tokens; 0: no limit is set
	choices  int
	bound    broker.Bound
	json     bool // the answer must be JSON
	plain    bool
	affinity string
}

// Read implements broker.Surface.
func (Surface) Read(body []byte) (broker.Request, error) {
	members, err := object.Parse(body, "model", "stream", "stream_options", "max_tokens", "max_completion_tokens",
		"n", "messages", "tools", "functions", "response_format", "logprobs", "modalities", "web_search_options", "service_tier")
	if err != nil {
		return nil, err
	}
	r := &request{body: body, members: members, choices: 1}
	if err := r.facts(); err != nil {
		return nil, err
	}
	seen := content{text: len(body)}
	if err := seen.messages(members.Raw("messages")); err != nil {
		return nil, err
	}
	r.affinity = cmp.Or(r.affinity, seen.tie)
	r.bound = broker.Bound{
		Input: seen.text + seen.images*picture.MaxTokens, Likely: seen.text/4 + seen.images*picture.UsualTokens,
		MaxOutput: r.max, Choices: r.choices, Images: seen.images, Addresses: seen.urls,
		Tools: seen.tools || r.asks("tools") || r.asks("functions"), Schema: r.json, Open: seen.open || r.asks("web_search_options"),
		Unpriced: r.asks("web_search_options"), // billed by the search, which this wire does not count
	}
	hosted.Tools(&r.bound, members.Raw("tools"), "function", "custom")
	hosted.Tier(&r.bound, members.Raw("service_tier"))
	return r, nil
}

// facts reads what stands beside the messages.
func (r *request) facts() error {
	legacy, format, logprobs := 0, struct{ Type string }{}, false
	var modalities []string
	for _, f := range []struct {
		key  string
		into any
	}{
		{"model", &r.model},
		{"stream", &r.stream},
		{"max_completion_tokens", &r.max},
		{"max_tokens", &legacy},
		{"n", &r.choices},
		{"response_format", &format},
		{"logprobs", &logprobs},
		{"modalities", &modalities},
		{"prompt_cache_key", &r.affinity},
	} {
		if raw := r.members.Raw(f.key); raw != nil {
			if err := splice.Field(raw, f.key, f.into); err != nil {
				return err
			}
		}
	}
	if r.max == 0 {
		r.max = legacy
	}
	switch {
	case r.model == "":
		return fault.New(fault.BadRequest, "You must provide a model parameter.", nil).At("model")
	case r.choices < 1 || r.choices > maxChoices:
		return fault.New(fault.BadRequest, "n is a number from 1 to 128.", nil).At("n")
	case r.max < 0 || legacy < 0:
		return fault.New(fault.BadRequest, "A limit of tokens cannot be negative.", nil).At("max_tokens")
	}
	options, _, err := r.members.Inner("stream_options")
	if err != nil {
		return err
	}
	r.usage = string(options.Raw("include_usage")) == "true"
	r.json = format.Type != "" && format.Type != "text"
	r.plain = r.choices == 1 && !logprobs && !r.json &&
		len(modalities) <= 1 && !r.asks("tools") && !r.asks("functions") && !r.asks("web_search_options")
	return nil
}

// asks says that a member is there and neither null nor an empty list.
func (r *request) asks(key string) bool {
	raw := r.members.Raw(key)
	return raw != nil && string(raw) != "null" && (raw[0] != '[' || !splice.Empty(raw, 0))
}

func (r *request) Model() string       { return r.model }
func (r *request) Stream() bool        { return r.stream }
func (r *request) Bound() broker.Bound { return r.bound }
func (r *request) Plain() bool         { return r.plain }
func (r *request) Affinity() string    { return r.affinity }

// Rewrite implements broker.Request.
func (r *request) Rewrite(model string, maxOutput int) []byte {
	edits := []splice.Edit{r.members.Put("model", object.Quote(model))}
	if r.stream && !r.usage {
		edits = append(edits, r.askUsage()...)
	}
	if maxOutput > 0 && r.max == 0 {
		edits = append(edits, r.members.Put(r.limit(model), strconv.Itoa(maxOutput)))
	}
	return splice.Apply(r.body, edits)
}

// askUsage is the edit that asks for usage; none where stream_options has a
// wrong type, of which the provider will say so.
func (r *request) askUsage() []splice.Edit {
	raw := r.members.Raw("stream_options")
	if raw == nil || string(raw) == "null" {
		return []splice.Edit{r.members.Put("stream_options", `{"include_usage":true}`)}
	}
	options, ok, err := r.members.Inner("stream_options")
	if !ok || err != nil {
		return nil
	}
	return []splice.Edit{options.Put("include_usage", "true")}
}

// limit names the limit of tokens: as the caller wrote it (null or 0), else
// max_tokens, which everybody knows but OpenAI's reasoning models.
func (r *request) limit(model string) string {
	for _, key := range []string{"max_completion_tokens", "max_tokens"} {
		if r.members.Raw(key) != nil {
			return key
		}
	}
	name := strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
	for _, family := range []string{"o1", "o3", "o4", "gpt-5"} {
		if strings.HasPrefix(name, family) {
			return "max_completion_tokens"
		}
	}
	return "max_tokens"
}
