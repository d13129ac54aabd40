package responses

import (
	"bytes"
	"encoding/json"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/object"
)

// Asked is what a request says about being kept.
type Asked struct {
	Previous string // the response that it goes on from; empty: none
	Store    bool   // its answer is to be kept
	Input    []byte // as a JSON list of items
}

// AskedOf reads that of a request of this surface.
func AskedOf(r broker.Request) Asked {
	mine, ok := r.(*request)
	if !ok {
		return Asked{}
	}
	return Asked{Previous: mine.Previous, Store: mine.Store, Input: list(mine.members.Raw("input"))}
}

// list is an input as a list of items.
func list(raw []byte) []byte {
	switch {
	case raw == nil || string(raw) == "null":
		return []byte("[]")
	case raw[0] == '"':
		return []byte(`[{"role":"user","content":` + string(raw) + `}]`)
	}
	return raw
}

// Expand is the request with what it goes on from in its place: history holds
// the lists of items that were said before, oldest first. Any provider can
// answer it, and the surface that comes with it says in a translated answer
// what was gone on from.
func Expand(r broker.Request, s Surface, history [][]byte) (broker.Request, Surface, error) {
	mine, ok := r.(*request)
	if !ok {
		return r, s, nil
	}
	all := []byte{'['}
	for _, items := range append(history, list(mine.members.Raw("input"))) {
		inner := bytes.TrimSpace(items)
		inner = bytes.TrimSpace(inner[1 : len(inner)-1])
		if len(inner) == 0 {
			continue
		}
		if len(all) > 1 {
			all = append(all, ',')
		}
		all = append(all, inner...)
	}
	all = append(all, ']')
	edits := []splice.Edit{mine.members.Put("previous_response_id", "null"), mine.members.Put("input", string(all))}
	s.Previous = mine.Previous
	expanded, err := s.Read(splice.Apply(mine.body, edits))
	return expanded, s, err
}

// Answered is what is kept of an answer.
type Answered struct {
	ID     string
	Output []byte // its items as they are said to a model again, as a JSON list
	Body   []byte // as the caller got it
}

// AnsweredBy reads a whole response; false when it is none that can be gone on
// from.
func AnsweredBy(body []byte) (Answered, bool) {
	var r struct {
		ID     string            `json:"id"`
		Status string            `json:"status"`
		Output []json.RawMessage `json:"output"`
	}
	if json.Unmarshal(body, &r) != nil || r.ID == "" || (r.Status != "completed" && r.Status != "incomplete") {
		return Answered{}, false
	}
	items := make([]json.RawMessage, 0, len(r.Output))
	for _, item := range r.Output {
		if again, ok := sayAgain(item); ok {
			items = append(items, again)
		}
	}
	output, err := json.Marshal(items)
	return Answered{ID: r.ID, Output: output, Body: body}, err == nil
}

// sayAgain is an item of an answer as part of a later input. Its id and state
// are left out, by which a provider would look for it where it may not be; a
// thought without a seal says nothing to anyone.
func sayAgain(item []byte) (json.RawMessage, bool) {
	var kind string
	sealed := false
	kept := []byte{'{'}
	object.Members(item, func(key string, value []byte) bool {
		switch key {
		case "type":
			_ = json.Unmarshal(value, &kind) // of a wrong type: no kind
		case "encrypted_content":
			sealed = value[0] == '"' && len(value) > 2
		}
		if key == "id" || key == "status" {
			return true
		}
		if len(kept) > 1 {
			kept = append(kept, ',')
		}
		kept = append(append(append(kept, object.Quote(key)...), ':'), value...)
		return true
	})
	if kind == "reasoning" {
		return item, sealed // its id is a part of what is sealed
	}
	return append(kept, '}'), kind == "message" || kind == "function_call"
}

// Event is the part of a stream's event that ends a response: the response.
func Event(name string, data []byte) ([]byte, bool) {
	if name != "response.completed" && name != "response.incomplete" {
		return nil, false
	}
	var response []byte
	object.Members(data, func(key string, value []byte) bool {
		if key == "response" {
			response = bytes.Clone(value)
		}
		return true
	})
	return response, response != nil
}

// NotFound says that a response is not kept, or not for this caller.
func NotFound(id string) *fault.Fault {
	return fault.New(fault.BadRequest, "Previous response with id '"+safe(id)+"' not found.", nil).At("previous_response_id")
}

// safe is an id that can be said back.
func safe(id string) string {
	out := []byte(id[:min(len(id), 80)])
	for i, b := range out {
		if b != '_' && b != '-' && (b < '0' || b > '9') && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') {
			out[i] = '?'
		}
	}
	return string(out)
}
