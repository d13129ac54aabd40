package messages

import (
	"cmp"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/surface/hosted"
	"nexusai/backend/surface/object"
	"nexusai/backend/surface/picture"
)

const (
	maxMessages = 100_000 // Anthropic's
	maxBlocks   = 16384   // of all messages together
)

// request is what must be known of a body that is passed on.
type request struct {
	anthropic.Request
	body  []byte
	bound broker.Bound
}

// Read implements broker.Surface.
func (Surface) Read(body []byte) (broker.Request, error) { return read(body) }

func read(body []byte) (*request, error) {
	members, err := object.Parse(body, "model", "stream", "max_tokens", "messages", "system", "tools", "thinking", "output_config", "output_format", "mcp_servers", "service_tier", "speed", "inference_geo")
	if err != nil {
		return nil, err
	}
	seen := content{} // first: it bounds what the rest has to go through
	if err := seen.messages(members.Raw("messages")); err != nil {
		return nil, err
	}
	r := &request{body: body}
	if r.Request, err = anthropic.ReadRequest(body); err != nil {
		return nil, err
	}
	if r.Request.Model == "" {
		return nil, fault.New(fault.BadRequest, "Field required", nil).At("model")
	}
	r.Request.Affinity = cmp.Or(r.Request.Affinity, seen.tie)
	text := len(body) - r.ImageBytes
	tools, format := members.Raw("tools"), members.Raw("output_format")
	r.bound = broker.Bound{
		Input: text + r.Images*picture.MaxTokens, Likely: text/4 + r.Images*picture.UsualTokens,
		MaxOutput: r.MaxTokens, Choices: 1, Images: r.Images, Addresses: seen.urls,
		Tools: seen.tools || len(tools) > 2, Schema: len(format) > 4 || hasFormat(members), Open: seen.open || hosted.Said(members.Raw("mcp_servers")),
	}
	hosted.Tools(&r.bound, tools, "custom", "bash_", "text_editor_", "computer_", "memory_")
	hosted.Tier(&r.bound, members.Raw("service_tier"))
	hosted.Tier(&r.bound, members.Raw("speed"))
	hosted.Tier(&r.bound, members.Raw("inference_geo"))
	return r, nil
}

func hasFormat(members object.Object) bool {
	config, ok, err := members.Inner("output_config")
	return ok && err == nil && len(config.Raw("format")) > 4 // more than null
}

func (r *request) Model() string       { return r.Request.Model }
func (r *request) Stream() bool        { return r.Request.Stream }
func (r *request) Bound() broker.Bound { return r.bound }
func (r *request) Plain() bool         { return r.Request.Plain }
func (r *request) Affinity() string    { return r.Request.Affinity }
