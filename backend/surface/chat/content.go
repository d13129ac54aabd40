package chat

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

// content is what the messages hold, found without decoding them. It refuses
// what every provider would.
type content struct {
	text   int // bytes of the request less those of images: no token is shorter than a byte
	images int
	urls   int  // of images those with an address
	open   bool // a file, whose pages its bytes do not bound
	parts  int
	tools  bool   // a tool was called
	tie    string // of a conversation that goes on; empty: it begins
	last   []byte // the message before
	err    *fault.Fault
}

func (c *content) fail(at, text string) bool {
	if c.err == nil {
		c.err = fault.New(fault.BadRequest, text, nil).At(at)
	}
	return false
}

func (c *content) messages(raw []byte) error {
	if raw == nil || raw[0] != '[' || splice.Empty(raw, 0) {
		c.fail("messages", "You must provide a messages parameter with at least one message.")
		return c.err
	}
	splice.Each(raw, func(i int, message []byte) bool {
		if i == maxMessages {
			return c.fail("messages", "There are too many messages.")
		}
		c.message("messages."+strconv.Itoa(i), message)
		return c.err == nil
	})
	if c.err != nil {
		return c.err
	}
	return nil
}

func (c *content) message(at string, raw []byte) {
	role, answer := false, false
	ok := object.Members(raw, func(key string, value []byte) bool {
		switch {
		case key == "role":
			role, answer = value[0] == '"', string(value) == `"assistant"`
			c.tools = c.tools || string(value) == `"tool"`
		case key == "content" && value[0] == '[':
			splice.Each(value, func(i int, part []byte) bool {
				c.part(at+".content."+strconv.Itoa(i), part)
				return c.err == nil
			})
		case key == "content" && value[0] != '"' && value[0] != 'n':
			c.fail(at+".content", "The content of a message is a text or a list of parts.")
		}
		return c.err == nil
	})
	if c.err == nil && (!ok || !role) {
		c.fail(at, "Each message is an object with a role.")
	}
	if answer && c.tie == "" { // what was asked first and answered is the same from turn to turn
		c.tie = broker.Tie(c.last, raw)
	}
	c.last = raw
}

func (c *content) part(at string, raw []byte) {
	if c.parts++; c.parts > maxParts {
		c.fail(at, "The messages have too many parts.")
		return
	}
	object.Members(raw, func(key string, value []byte) bool {
		switch key {
		case "image_url":
			c.image(at+".image_url", value)
		case "file":
			c.open = true
		}
		return c.err == nil
	})
}

// image takes {"url": "…"} and, from older clients, the address alone.
func (c *content) image(at string, raw []byte) {
	if raw[0] == '{' {
		object.Members(raw, func(key string, value []byte) bool {
			if key == "url" && value[0] != '{' {
				c.image(at+".url", value)
			}
			return c.err == nil
		})
		return
	}
	c.images++
	c.text -= len(raw)
	if bytes.HasPrefix(raw, []byte(`"data:`)) {
		return // the largest thing in a request: not to be copied
	}
	c.urls++
	var address string
	if raw[0] != '"' || json.Unmarshal(raw, &address) != nil {
		c.fail(at, "The address of an image is a text.")
		return
	}
	if err := picture.Check(address, at); err != nil {
		c.err = fault.From(err)
	}
}
