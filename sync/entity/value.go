package entity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Type is what a field holds and how it is written in JSON.
type Type int

const (
	Text Type = iota // a string without U+0000
	Time             // RFC 3339, UTC, milliseconds: "2026-11-22T10:21:16.000Z"
	Int              // a whole number that fits int64
	Bool             // true or false
	ID               // a UUID in lower case
)

// TimeLayout writes a Time so that order of text is order of time.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// ErrValue is what Canonical returns for a value that the field cannot hold.
var ErrValue = errors.New("value does not fit its field")

// FormatTime writes t as a Time value (without quotes).
func FormatTime(t time.Time) string { return t.UTC().Format(TimeLayout) }

// Zero is the value of a field that a create did not mention.
func (f Field) Zero() json.RawMessage {
	if f.Null {
		return json.RawMessage("null")
	}
	switch f.Type {
	case Int:
		return json.RawMessage("0")
	case Bool:
		return json.RawMessage("false")
	case Time:
		return json.RawMessage(`"1970-01-01T00:00:00.000Z"`)
	case ID:
		return json.RawMessage(`"00000000-0000-0000-0000-000000000000"`)
	}
	return json.RawMessage(`""`)
}

// Canonical checks raw against the field and writes it in the one form that
// both ends store, so that equal values are equal bytes. U+0000 becomes U+FFFD,
// because Postgres cannot hold it. Returns ErrValue.
func (f Field) Canonical(raw json.RawMessage) (json.RawMessage, error) {
	if string(bytes.TrimSpace(raw)) == "null" {
		if f.Null {
			return json.RawMessage("null"), nil
		}
		return f.Zero(), nil
	}
	switch f.Type {
	case Int:
		var n int64
		if err := json.Unmarshal(raw, &n); err != nil {
			return nil, fmt.Errorf("%w: %s is not a whole number", ErrValue, f.Name)
		}
		return strconv.AppendInt(nil, n, 10), nil
	case Bool:
		var b bool
		if err := json.Unmarshal(raw, &b); err != nil {
			return nil, fmt.Errorf("%w: %s is not true or false", ErrValue, f.Name)
		}
		return strconv.AppendBool(nil, b), nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("%w: %s is not a text", ErrValue, f.Name)
	}
	return f.canonicalText(s)
}

func (f Field) canonicalText(s string) (json.RawMessage, error) {
	switch f.Type {
	case Time:
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
			return nil, fmt.Errorf("%w: %s is not a time", ErrValue, f.Name)
		}
		s = FormatTime(t)
	case ID:
		s = strings.ToLower(s)
		if !IsID(s) {
			return nil, fmt.Errorf("%w: %s is not an id", ErrValue, f.Name)
		}
	default:
		s = strings.ReplaceAll(strings.ToValidUTF8(s, string(utf8.RuneError)), "\x00", string(utf8.RuneError))
	}
	if f.Max > 0 && len(s) > f.Max {
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrValue, f.Name, f.Max)
	}
	if f.Enum != nil && !slices.Contains(f.Enum, s) {
		return nil, fmt.Errorf("%w: %s is none of its words", ErrValue, f.Name)
	}
	return Quote(s), nil
}

// Quote writes s as JSON without escaping what HTML would need.
func Quote(s string) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// IsID reports whether s is a UUID in lower case.
func IsID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

// Postgres names the column type on the server.
func (f Field) Postgres() string {
	return [...]string{Text: "text", Time: "timestamp with time zone", Int: "bigint", Bool: "boolean", ID: "uuid"}[f.Type]
}

// SQLite names the column type on the device. Times are text in TimeLayout.
func (f Field) SQLite() string {
	return [...]string{Text: "TEXT", Time: "TEXT", Int: "INTEGER", Bool: "INTEGER", ID: "TEXT"}[f.Type]
}
