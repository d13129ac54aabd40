package responses

import (
	"cmp"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/responses"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/hosted"
	"nexusai/backend/surface/object"
	"nexusai/backend/surface/picture"
)

// maxItems bounds the input, contents of items included.
const maxItems = 16384

// request is what must be known of a body that is passed on.
type request struct {
	responses.Request
	body    []byte
	members object.Object
	bound   broker.Bound
}

// Read implements broker.Surface. A conversation that the provider keeps is
// refused: its ids would let one caller read what another said. So is an answer
// in the background, which nobody here would come back for.
func (s Surface) Read(body []byte) (broker.Request, error) {
	members, err := parse(body)
	if err == nil && s.Unkept && wantsStore(members.Raw("store")) {
		body = splice.Apply(body, []splice.Edit{members.Put("store", "false")})
		members, err = parse(body)
	}
	if err != nil {
		return nil, err
	}
	seen := content{} // first: it bounds what the rest has to go through
	if err := seen.input(members.Raw("input")); err != nil {
		return nil, err
	}
	r := &request{body: body, members: members}
	if r.Request, err = responses.ReadRequest(body); err != nil {
		return nil, err
	}
	r.Request.Affinity = cmp.Or(r.Request.Affinity, seen.tie)
	switch {
	case r.Request.Model == "":
		return nil, fault.New(fault.BadRequest, "You must provide a model parameter.", nil).At("model")
	case r.Conversation != "":
		return nil, fault.New(fault.BadRequest, "Conversations are not kept here; use previous_response_id.", nil).At("conversation")
	case r.Background:
		return nil, fault.New(fault.BadRequest, "Answers in the background are not possible here.", nil).At("background")
	}
	if members.Raw("input") == nil && members.Raw("prompt") == nil && r.Previous == "" {
		return nil, fault.New(fault.BadRequest, "You must provide an input parameter.", nil).At("input")
	}
	text := len(body) - r.ImageBytes
	r.bound = broker.Bound{
		Input: text + r.Images*picture.MaxTokens, Likely: text/4 + r.Images*picture.UsualTokens,
		MaxOutput: r.MaxOutput, Choices: 1, Images: r.Images, Addresses: seen.urls,
		Tools: seen.tools || r.hasTools(), Schema: r.hasFormat(), Open: seen.open || hosted.Said(members.Raw("prompt")),
	}
	hosted.Tools(&r.bound, members.Raw("tools"), "function", "custom", "namespace", "local_shell", "apply_patch", "computer")
	hosted.Tier(&r.bound, members.Raw("service_tier"))
	return r, nil
}

// wantsStore is of the member's value; one of a wrong type wants nothing.
func wantsStore(raw []byte) bool { return raw == nil || string(raw) == "true" || string(raw) == "null" }

func parse(body []byte) (object.Object, error) {
	return object.Parse(body, "model", "stream", "max_output_tokens", "input", "tools", "text", "store", "previous_response_id", "conversation", "background", "prompt", "service_tier")
}

func (r *request) hasTools() bool {
	raw := r.members.Raw("tools")
	return raw != nil && raw[0] == '[' && !splice.Empty(raw, 0)
}

func (r *request) hasFormat() bool {
	text, ok, err := r.members.Inner("text")
	if !ok || err != nil {
		return false
	}
	kind := ""
	object.Members(text.Raw("format"), func(key string, value []byte) bool {
		if key == "type" {
			kind = string(value)
		}
		return true
	})
	return kind != "" && kind != `"text"`
}

func (r *request) Model() string       { return r.Request.Model }
func (r *request) Stream() bool        { return r.Request.Stream }
func (r *request) Bound() broker.Bound { return r.bound }
func (r *request) Plain() bool         { return r.Request.Plain }
func (r *request) Affinity() string    { return r.Request.Affinity }
