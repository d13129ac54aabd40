// Package fields reads a JSON request by the exact names of its members and
// notes which of them nobody read.
package fields

import (
	"encoding/json"
	"strconv"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/object"
)

// maxUnknown bounds the names that are noted: they go into a header.
const maxUnknown = 32

// maxPath bounds one of them.
const maxPath = 100

// Sheet collects what is wrong with a request and what of it was not read.
type Sheet struct {
	err     error
	unknown []string
}

// Err is the first thing that was wrong, a fault.BadRequest, or nil.
func (s *Sheet) Err() error { return s.err }

// Unknown are the paths of what was not read ("messages.2.name"), in order.
func (s *Sheet) Unknown() []string { return s.unknown }

// Lose notes that what is at path cannot be carried. Of names that callers
// made up only harmless characters are kept.
func (s *Sheet) Lose(path string) {
	if len(s.unknown) < maxUnknown {
		s.unknown = append(s.unknown, strings.Map(harmless, path[:min(len(path), maxPath)]))
	}
}

func harmless(r rune) rune {
	if r == '.' || r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
		return r
	}
	return '?'
}

// Fail notes the first thing that is wrong.
func (s *Sheet) Fail(path, text string) {
	if s.err == nil {
		s.err = fault.New(fault.BadRequest, text, nil).At(path)
	}
}

// Object is one JSON object of a request. A member that is null counts as not
// there. After the first error it reads zero values.
type Object struct {
	sheet   *Sheet
	path    string // of the object, with a dot behind it; empty for the request
	members []member
}

type member struct {
	key  string
	raw  []byte
	read bool
}

// Read reads a whole request, which must be valid JSON.
func Read(sheet *Sheet, body []byte) *Object { return read(sheet, "", body) }

func read(sheet *Sheet, path string, raw []byte) *Object {
	o := &Object{sheet: sheet, path: path}
	ok := object.Members(raw, func(key string, value []byte) bool {
		if string(value) != "null" {
			o.members = append(o.members, member{key: key, raw: value})
		}
		return true
	})
	if !ok {
		sheet.Fail(trimDot(path), "An object is expected here.")
	}
	return o
}

func trimDot(path string) string {
	if path == "" {
		return ""
	}
	return path[:len(path)-1]
}

// Path is where a member is in the request.
func (o *Object) Path(key string) string { return o.path + key }

// Fail notes that a member is wrong.
func (o *Object) Fail(key, text string) { o.sheet.Fail(o.path+key, text) }

// FailWith notes a fault that already says where.
func (o *Object) FailWith(f *fault.Fault) {
	if o.sheet.err == nil {
		o.sheet.err = f
	}
}

// Lose notes that a member cannot be carried.
func (o *Object) Lose(key string) { o.sheet.Lose(o.path + key) }

// Raw is a member's JSON, nil when it is not there. A member that is there
// twice counts as its last one.
func (o *Object) Raw(key string) []byte {
	var raw []byte
	for i := range o.members {
		if o.members[i].key == key {
			o.members[i].read, raw = true, o.members[i].raw
		}
	}
	return raw
}

// Has says whether a member is there, and does not count as reading it.
func (o *Object) Has(key string) bool {
	for _, m := range o.members {
		if m.key == key {
			return true
		}
	}
	return false
}

// Skip reads members whose loss changes nothing.
func (o *Object) Skip(keys ...string) {
	for _, key := range keys {
		o.Raw(key)
	}
}

// SkipIf reads a member when it says exactly raw.
func (o *Object) SkipIf(key, raw string) {
	for i := range o.members {
		if o.members[i].key == key && string(o.members[i].raw) == raw {
			o.members[i].read = true
		}
	}
}

// SkipAll reads everything: the object as a whole was noted elsewhere.
func (o *Object) SkipAll() {
	for i := range o.members {
		o.members[i].read = true
	}
}

// Done notes the members that were not read. An empty list, an empty object and
// false ask for nothing.
func (o *Object) Done() {
	for _, m := range o.members {
		if s := string(m.raw); !m.read && s != "false" && s != "[]" && s != "{}" {
			o.Lose(m.key)
		}
	}
}

// decode reads a member into a Go value; false when it is not there.
func (o *Object) decode(key string, into any, expected string) bool {
	raw := o.Raw(key)
	if raw == nil {
		return false
	}
	if err := json.Unmarshal(raw, into); err != nil {
		o.Fail(key, expected+" is expected here.")
		return false
	}
	return true
}

// Text reads a string.
func (o *Object) Text(key string) string {
	var v string
	o.decode(key, &v, "A text")
	return v
}

// Need reads a string that must be there.
func (o *Object) Need(key string) string {
	if !o.Has(key) {
		o.Fail(key, "This field is missing.")
	}
	return o.Text(key)
}

// Count reads a whole number from 0 on.
func (o *Object) Count(key string) int {
	var v int
	if o.decode(key, &v, "A whole number") && v < 0 {
		o.Fail(key, "A count cannot be negative.")
		return 0
	}
	return v
}

// Whole reads a whole number, nil when it is not there.
func (o *Object) Whole(key string) *int64 {
	var v int64
	if !o.decode(key, &v, "A whole number") {
		return nil
	}
	return &v
}

// Number reads a number, nil when it is not there.
func (o *Object) Number(key string) *float64 {
	var v float64
	if !o.decode(key, &v, "A number") {
		return nil
	}
	return &v
}

// Bool reads true or false; not there is false.
func (o *Object) Bool(key string) bool {
	var v bool
	o.decode(key, &v, "true or false")
	return v
}

// Texts reads a list of strings, or one string.
func (o *Object) Texts(key string) []string {
	if raw := o.Raw(key); raw != nil && raw[0] == '"' {
		return []string{o.Text(key)}
	}
	var v []string
	o.decode(key, &v, "A list of texts")
	return v
}

// JSON reads a member that must be an object, as it is written.
func (o *Object) JSON(key string) json.RawMessage {
	raw := o.Raw(key)
	if raw != nil && raw[0] != '{' {
		o.Fail(key, "An object is expected here.")
		return nil
	}
	return raw
}

// Inner reads a member that is an object; nil when it is not there. The caller
// calls Done on it.
func (o *Object) Inner(key string) *Object {
	raw := o.Raw(key)
	if raw == nil {
		return nil
	}
	return read(o.sheet, o.path+key+".", raw)
}

// Each reads a list of objects, at most limit of them, and calls on and then
// Done for each until something is wrong.
func (o *Object) Each(key string, limit int, on func(i int, item *Object)) {
	raw := o.Raw(key)
	if raw == nil {
		return
	}
	ok := splice.Each(raw, func(i int, value []byte) bool {
		if i >= limit {
			o.Fail(key, "This list is too long: at most "+strconv.Itoa(limit)+" are possible.")
			return false
		}
		item := read(o.sheet, o.path+key+"."+strconv.Itoa(i)+".", value)
		if o.sheet.err == nil {
			on(i, item)
			item.Done()
		}
		return o.sheet.err == nil
	})
	if !ok {
		o.Fail(key, "A list is expected here.")
	}
}
