// Package splice changes members of a JSON object and leaves every other byte
// of it as it was.
package splice

import (
	"encoding/json"
	"errors"
	"slices"
	"unicode/utf8"

	"nexusai/backend/fault"
)

// Span is body[From:To]; To is 0 for a value that is not there.
type Span struct{ From, To int }

// There says that the value exists.
func (s Span) There() bool { return s.To > 0 }

// Of is the value's bytes, which are body's own.
func (s Span) Of(body []byte) []byte { return body[s.From:s.To] }

// Edit replaces the bytes at At, which may be empty, by Text.
type Edit struct {
	At   Span
	Text string
}

// Check returns a fault.BadRequest for a request body that is no JSON in UTF-8.
// The other functions of this package want a body that passed.
func Check(body []byte) error {
	if !utf8.Valid(body) {
		return fault.New(fault.BadRequest, "The request is not valid UTF-8.", nil)
	}
	if !json.Valid(body) {
		return fault.New(fault.BadRequest, "The request is not valid JSON.", nil)
	}
	return nil
}

// Field decodes one member's value; null leaves what is there. The error is a
// fault.BadRequest that names key.
func Field(raw []byte, key string, into any) error {
	if err := decode(raw, into); err != nil {
		return fault.New(fault.BadRequest, "A field of the request has the wrong type.", err).At(key)
	}
	return nil
}

func decode(raw []byte, into any) error {
	if plain(raw, into) {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// Apply returns a copy of body with edits made; they do not overlap and may
// come in any order.
func Apply(body []byte, edits []Edit) []byte {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.At.From - b.At.From })
	out := make([]byte, 0, len(body)+64)
	at := 0
	for _, e := range edits {
		out = append(append(out, body[at:e.At.From]...), e.Text...)
		at = e.At.To
	}
	return append(out, body[at:]...)
}

// Add is the edit that adds a member to an object of which end is what Members
// returned. key and value are JSON.
func Add(body []byte, end int, key, value string) Edit {
	text := key + ":" + value
	if body[end-1] != '{' { // no value ends in a brace that opens
		text = "," + text
	}
	return Edit{Span{end, end}, text}
}

var errNoObject = errors.New("not an object")

// Members calls on for each member of the object that starts at or after from,
// in order, and returns the offset after the last one. It returns the first
// error of on, and a fault.BadRequest when there is no object.
func Members(body []byte, from int, on func(key string, value Span) error) (int, error) {
	at := skipSpace(body, from)
	if at >= len(body) || body[at] != '{' {
		return 0, fault.New(fault.BadRequest, "The request is not a JSON object.", errNoObject)
	}
	end := at + 1
	at = skipSpace(body, end)
	for body[at] != '}' {
		keyEnd := skipString(body, at)
		var key string
		if err := decode(body[at:keyEnd], &key); err != nil {
			return 0, fault.New(fault.BadRequest, "The request is not valid JSON.", err)
		}
		start := skipSpace(body, skipSpace(body, keyEnd)+1) // over the colon
		end = skipValue(body, start)
		if err := on(key, Span{start, end}); err != nil {
			return 0, err
		}
		at = skipSpace(body, end)
		if body[at] == ',' {
			at = skipSpace(body, at+1)
		}
	}
	return end, nil
}

// Empty says whether the object or array that starts at from has nothing in it.
func Empty(body []byte, from int) bool {
	next := body[skipSpace(body, from+1)]
	return next == '}' || next == ']'
}

func skipSpace(body []byte, at int) int {
	for at < len(body) && (body[at] == ' ' || body[at] == '\t' || body[at] == '\n' || body[at] == '\r') {
		at++
	}
	return at
}

// skipString returns the offset after the string that starts at at.
func skipString(body []byte, at int) int {
	for at++; body[at] != '"'; at++ {
		if body[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// skipValue returns the offset after the value that starts at at.
func skipValue(body []byte, at int) int {
	depth := 0
	for {
		switch body[at] {
		case '"':
			at = skipString(body, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		default:
			at++
		}
		if depth == 0 && (at >= len(body) || endsValue(body[at-1]) || endsScalar(body[at])) {
			return at
		}
	}
}

// endsValue: the byte closes a string, object or array.
func endsValue(b byte) bool { return b == '"' || b == '}' || b == ']' }

// endsScalar: the byte follows a number or a literal.
func endsScalar(b byte) bool {
	return b == ',' || b == '}' || b == ']' || b == ' ' || b == '\t' || b == '\n' || b == '\r'
}
