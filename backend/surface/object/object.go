// Package object finds the members of a request, which is a JSON object, and
// sets single ones in place.
package object

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
)

// maxMembers bounds the members of one object. Requests have a few dozen.
const maxMembers = 1024

// Object is a JSON object of which the places of its members are known. It
// shares the body that it was read from.
type Object struct {
	body    []byte
	end     int // after the last member, or after the brace
	members []member
}

type member struct {
	key string
	at  splice.Span
}

// Parse finds the members of a request. It returns a fault.BadRequest for
// anything else than one JSON object in UTF-8, for a member that is there
// twice, and for one that equals a name in read but for its case: servers
// disagree about which of them counts, and what we read must be what they do.
func Parse(body []byte, read ...string) (Object, error) {
	if err := splice.Check(body); err != nil {
		return Object{}, err
	}
	o, ok, err := object(body, slices.IndexFunc(body, func(b byte) bool { return b > ' ' }))
	if err != nil {
		return o, err
	}
	if !ok {
		return o, fault.New(fault.BadRequest, "The request is not a JSON object.", nil)
	}
	for _, m := range o.members {
		if lower := strings.ToLower(m.key); lower != m.key && slices.Contains(read, lower) {
			return o, fault.New(fault.BadRequest, "A field of the request differs from a known one only by its case.", nil).At(m.key)
		}
	}
	return o, nil
}

// object reads the object that starts at at; false when another value does.
func object(body []byte, at int) (Object, bool, error) {
	if body[at] != '{' {
		return Object{}, false, nil
	}
	o := Object{body: body}
	end, err := splice.Members(body, at, func(key string, value splice.Span) error {
		if o.find(key) >= 0 {
			return fault.New(fault.BadRequest, "A field of the request is there twice.", nil).At(key)
		}
		if len(o.members) == maxMembers {
			return fault.New(fault.BadRequest, "The request has too many fields.", nil)
		}
		o.members = append(o.members, member{key, value})
		return nil
	})
	o.end = end
	return o, err == nil, err
}

// Raw is the value of a member as it is written; nil when it is not there.
func (o Object) Raw(key string) []byte {
	if i := o.find(key); i >= 0 {
		return o.members[i].at.Of(o.body)
	}
	return nil
}

// Keys are the names of the members, in order.
func (o Object) Keys() []string {
	keys := make([]string, len(o.members))
	for i, m := range o.members {
		keys[i] = m.key
	}
	return keys
}

// Inner is a member that is an object itself; false when it is none.
func (o Object) Inner(key string) (Object, bool, error) {
	i := o.find(key)
	if i < 0 {
		return Object{}, false, nil
	}
	return object(o.body, o.members[i].at.From)
}

func (o Object) find(key string) int {
	return slices.IndexFunc(o.members, func(m member) bool { return m.key == key })
}

// Put sets a member to raw JSON: it replaces the value, or adds the member
// behind the last one.
func (o Object) Put(key, raw string) splice.Edit {
	if i := o.find(key); i >= 0 {
		return splice.Edit{At: o.members[i].at, Text: raw}
	}
	return splice.Add(o.body, o.end, Quote(key), raw)
}

// Quote is text as a JSON string.
func Quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // a string always encodes
		panic(err)
	}
	return string(quoted)
}

var errStop = errors.New("stop")

// Members calls on for the members of an object until it returns false; false
// when raw, which must be valid JSON, is no object or was not gone through to
// its end.
func Members(raw []byte, on func(key string, value []byte) bool) bool {
	_, err := splice.Members(raw, 0, func(key string, value splice.Span) error {
		if !on(key, value.Of(raw)) {
			return errStop
		}
		return nil
	})
	return err == nil
}
