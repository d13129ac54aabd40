package responses

import (
	"bytes"
	"encoding/json"
	"strconv"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/object"
	"nexusai/backend/surface/picture"
)

// content goes through the input without decoding it, and refuses what every
// provider would and what none may be asked.
type content struct {
	items int
	tools bool   // a tool was used
	urls  int    // of images those with an address
	open  bool   // a file, or an item that the provider keeps
	tie   string // of a conversation that goes on; empty: it begins
	last  []byte // the item before
	err   *fault.Fault
}

func (c *content) fail(at, text string) {
	if c.err == nil {
		c.err = fault.New(fault.BadRequest, text, nil).At(at)
	}
}

func (c *content) input(raw []byte) error {
	switch {
	case raw == nil || string(raw) == "null": // a prompt that the provider keeps may stand for it
		return nil
	case raw[0] == '"':
		return nil
	case raw[0] != '[':
		c.fail("input", "input is a text or a list of items.")
	default:
		c.list("input", raw, 0)
	}
	if c.err != nil {
		return c.err
	}
	return nil
}

// maxNested: an item, its parts, and the parts of what a tool returned.
const maxNested = 2

func (c *content) list(at string, raw []byte, depth int) {
	splice.Each(raw, func(i int, item []byte) bool {
		if c.items++; c.items > maxItems {
			c.fail("input", "The input has too many items.")
			return false
		}
		here := at + "." + strconv.Itoa(i)
		if !c.item(here, item, depth) {
			c.fail(here, "Each item of the input is an object.")
		}
		if depth == 0 {
			c.last = item
		}
		return c.err == nil
	})
}

func (c *content) item(at string, raw []byte, depth int) bool {
	return object.Members(raw, func(key string, value []byte) bool {
		if depth == 0 && c.tie == "" && answers(key, value) { // what was asked first and answered is the same from turn to turn
			c.tie = broker.Tie(c.last, raw)
		}
		switch {
		case key == "call_id":
			c.tools = true
		case key == "type" && (string(value) == `"input_file"` || string(value) == `"item_reference"`):
			c.open = true
		case key == "image_url":
			c.image(at+".image_url", value)
		case (key == "content" || key == "output") && depth < maxNested:
			c.list(at+"."+key, value, depth+1)
		}
		return c.err == nil
	}) || c.err != nil
}

// answers says that an item with such a member is a part of an answer.
func answers(key string, value []byte) bool {
	switch key {
	case "role":
		return string(value) == `"assistant"`
	case "type":
		return string(value) == `"reasoning"` || string(value) == `"function_call"`
	}
	return false
}

func (c *content) image(at string, raw []byte) {
	if bytes.HasPrefix(raw, []byte(`"data:`)) || string(raw) == "null" {
		return
	}
	c.urls++
	var address string
	if json.Unmarshal(raw, &address) != nil {
		c.fail(at, "The address of an image is a text.")
		return
	}
	if err := picture.Check(address, at); err != nil {
		c.err = fault.From(err)
	}
}
