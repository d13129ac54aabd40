package gateway

import (
	"encoding/json"

	"nexusai/backend/fault"
)

// Both checks find what every provider would refuse, before one is asked. What
// they do not know passes: the provider decides.

func checkChat(body []byte) error {
	var r struct {
		Messages []json.RawMessage `json:"messages"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return fault.New(fault.BadRequest, "messages must be a list of messages.", err).At("messages")
	}
	if len(r.Messages) == 0 {
		return fault.New(fault.BadRequest, "You must provide a messages parameter with at least one message.", nil).At("messages")
	}
	for _, m := range r.Messages {
		var one struct {
			Role *string `json:"role"`
		}
		if json.Unmarshal(m, &one) != nil || one.Role == nil {
			return fault.New(fault.BadRequest, "Each message is an object with a role.", nil).At("messages")
		}
	}
	return nil
}

func checkEmbeddings(body []byte) error {
	var r struct {
		Input    json.RawMessage `json:"input"`
		Encoding *string         `json:"encoding_format"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return fault.New(fault.BadRequest, "A field of the request has the wrong type.", err).At("encoding_format")
	}
	if r.Encoding != nil && *r.Encoding != "float" && *r.Encoding != "base64" {
		return fault.New(fault.BadRequest, "encoding_format is float or base64.", nil).At("encoding_format")
	}
	if !goodInput(r.Input) {
		return fault.New(fault.BadRequest, "input is a text or a list of texts (or tokens), none of them empty.", nil).At("input")
	}
	return nil
}

// goodInput accepts "a", ["a", "b"], [1, 2] and [[1, 2], [3]].
func goodInput(raw json.RawMessage) bool {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one != ""
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 || len(list) > 2048 {
		return false
	}
	for _, item := range list {
		if !goodItem(item) {
			return false
		}
	}
	return true
}

func goodItem(raw json.RawMessage) bool {
	var text string
	if raw[0] == '"' {
		return json.Unmarshal(raw, &text) == nil && text != ""
	}
	var token int64
	var tokens []int64
	return raw[0] != 'n' && (json.Unmarshal(raw, &token) == nil || (json.Unmarshal(raw, &tokens) == nil && len(tokens) > 0))
}
