package secret

import (
	"encoding/json"
	"log/slog"
)

const hidden = "[secret]"

// Text is a string that does not show itself in logs, errors, %v or JSON; only
// Reveal does.
type Text struct{ value string }

// NewText wraps value.
func NewText(value string) Text { return Text{value} }

// Reveal is the value itself, for the one call that needs it.
func (t Text) Reveal() string { return t.value }

// Empty reports whether there is no value.
func (t Text) Empty() bool { return t.value == "" }

// String hides the value from %v and %s.
func (t Text) String() string { return hidden }

// GoString hides the value from %#v.
func (t Text) GoString() string { return hidden }

// LogValue hides the value from slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON hides the value from JSON.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(hidden) }

// MarshalText hides the value from text formats and map keys.
func (t Text) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalJSON reads a plain string, so that Text can stand in a request body.
func (t *Text) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &t.value) }

// UnmarshalText reads a plain string, so that Text can stand in a configuration file.
func (t *Text) UnmarshalText(data []byte) error {
	t.value = string(data)
	return nil
}
