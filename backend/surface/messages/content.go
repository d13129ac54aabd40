package messages

import (
	"encoding/json"
	"strconv"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/object"
	"nexusai/backend/surface/picture"
)

// content goes through the messages without decoding them, and refuses what
// every provider would and what none may be asked.
type content struct {
	blocks int
	tools  bool   // a tool was used
	urls   int    // of images and documents those with an address
	open   bool   // a document, whose pages its bytes do not bound
	tie    string // of a conversation that goes on; empty: it begins
	last   []byte // the message before
	err    *fault.Fault
}

func (c *content) fail(at, text string) {
	if c.err == nil {
		c.err = fault.New(fault.BadRequest, text, nil).At(at)
	}
}

func (c *content) messages(raw []byte) error {
	if raw == nil || raw[0] != '[' || splice.Empty(raw, 0) {
		c.fail("messages", "At least one message is required.")
		return c.err
	}
	splice.Each(raw, func(i int, message []byte) bool {
		if i == maxMessages {
			c.fail("messages", "There are too many messages.")
		} else {
			c.message("messages."+strconv.Itoa(i), message)
		}
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
		switch key {
		case "role":
			role, answer = value[0] == '"', string(value) == `"assistant"`
		case "content":
			c.list(at+".content", value, 0)
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

// list goes through blocks; a tool's result holds some itself.
func (c *content) list(at string, raw []byte, depth int) {
	splice.Each(raw, func(i int, block []byte) bool {
		if c.blocks++; c.blocks > maxBlocks {
			c.fail(at, "The messages have too many blocks.")
			return false
		}
		c.block(at+"."+strconv.Itoa(i), block, depth)
		return c.err == nil
	})
}

func (c *content) block(at string, raw []byte, depth int) {
	object.Members(raw, func(key string, value []byte) bool {
		switch {
		case key == "tool_use_id":
			c.tools = true
		case key == "type" && (string(value) == `"document"` || string(value) == `"container_upload"`):
			c.open = true
		case key == "source":
			c.source(at+".source", value)
		case key == "content" && depth == 0:
			c.list(at+".content", value, depth+1)
		}
		return c.err == nil
	})
}

// source is that of an image or a document.
func (c *content) source(at string, raw []byte) {
	object.Members(raw, func(key string, value []byte) bool {
		if key != "url" {
			return true
		}
		c.urls++
		var address string
		if json.Unmarshal(value, &address) != nil {
			c.fail(at+".url", "The address of an image is a text.")
			return false
		}
		if err := picture.Check(address, at+".url"); err != nil {
			c.err = fault.From(err)
		}
		return c.err == nil
	})
}
