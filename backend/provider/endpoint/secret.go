package endpoint

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const redacted = "[redacted]"

// Secret is a provider's key. No way of printing, logging or encoding it shows
// the value; only Reveal does.
type Secret string

// Reveal is the key itself, for the Authorization header.
func (s Secret) Reveal() string { return string(s) }

// String hides the key.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format hides the key from every verb of package fmt, %d and %#v included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue hides the key from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the key from encoding/json and its kin.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// minScrub is the length below which a key is no secret worth the damage that
// replacing it would do to every other word.
const minScrub = 6

// scrub removes the key from a text that a provider wrote.
func (s Secret) scrub(text string) string {
	if len(s) < minScrub {
		return text
	}
	return strings.ReplaceAll(text, string(s), redacted)
}
