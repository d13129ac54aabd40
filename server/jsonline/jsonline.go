// Package jsonline writes JSON objects without reflection. It is for what is
// written with every model call: its line in the journal and its rows.
package jsonline

import (
	"encoding/json"
	"strconv"
	"time"
)

// Object is JSON up to the object that is being written, whose last member is
// followed by a comma. Methods append a member and return the longer Object.
type Object []byte

// Open begins an object behind dst.
func Open(dst []byte) Object { return append(dst, '{') }

// Close ends the object.
func (o Object) Close() []byte { return end(o, '}') }

// CloseList ends a list whose items were each followed by a comma.
func CloseList(list []byte) []byte { return end(list, ']') }

// end puts the closing byte in the place of the last comma, if there is one.
func end(dst []byte, with byte) []byte {
	if last := len(dst) - 1; dst[last] == ',' {
		dst[last] = with
		return dst
	}
	return append(dst, with)
}

// Key begins a member. Its value must be appended, and Next called.
func (o Object) Key(name string) Object {
	return append(append(append(o, '"'), name...), '"', ':')
}

// Next ends a member that Key began.
func (o Object) Next() Object { return append(o, ',') }

// Text is a member that is a text.
func (o Object) Text(key, text string) Object { return Object(quote(o.Key(key), text)).Next() }

// TextOrNull is Text, but null for the empty one.
func (o Object) TextOrNull(key, text string) Object {
	if text == "" {
		return append(o.Key(key), "null,"...)
	}
	return o.Text(key, text)
}

// TextIf is Text, left out when it is empty.
func (o Object) TextIf(key, text string) Object {
	if text == "" {
		return o
	}
	return o.Text(key, text)
}

// Texts is a member that is a list of texts; an empty one, not null, for nil.
func (o Object) Texts(key string, texts []string) Object {
	o = append(o.Key(key), '[')
	for i, text := range texts {
		if i > 0 {
			o = append(o, ',')
		}
		o = quote(o, text)
	}
	return append(o, ']', ',')
}

// TextsIf is Texts, left out when there is none.
func (o Object) TextsIf(key string, texts []string) Object {
	if len(texts) == 0 {
		return o
	}
	return o.Texts(key, texts)
}

// Int is a member that is a whole number.
func (o Object) Int(key string, n int64) Object {
	return append(strconv.AppendInt(o.Key(key), n, 10), ',')
}

// IntIf is Int, left out when it is zero.
func (o Object) IntIf(key string, n int64) Object {
	if n == 0 {
		return o
	}
	return o.Int(key, n)
}

// Bool is a member that is true or false.
func (o Object) Bool(key string, is bool) Object {
	return append(strconv.AppendBool(o.Key(key), is), ',')
}

// BoolIf is Bool, left out when it is false.
func (o Object) BoolIf(key string, is bool) Object {
	if !is {
		return o
	}
	return o.Bool(key, is)
}

// Time is a member that is a moment, as encoding/json writes it. Its year has
// four digits.
func (o Object) Time(key string, at time.Time) Object {
	return append(at.AppendFormat(append(o.Key(key), '"'), time.RFC3339Nano), '"', ',')
}

// TimeIf is Time, left out when it is zero.
func (o Object) TimeIf(key string, at time.Time) Object {
	if at.IsZero() {
		return o
	}
	return o.Time(key, at)
}

// quote appends text as a JSON string.
func quote(dst []byte, text string) []byte {
	for i := range len(text) {
		if b := text[i]; b < ' ' || b > '~' || b == '"' || b == '\\' {
			quoted, _ := json.Marshal(text) // a string always encodes
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}
