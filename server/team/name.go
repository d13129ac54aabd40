package team

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"nexusai/backend/fault"
)

const maxName = 120 // characters

// cleanName is a name as people type it: trimmed, composed, and without
// characters that do not show or that make it look like another one.
func cleanName(name string) (string, error) {
	name = norm.NFC.String(strings.TrimSpace(name))
	switch n := utf8.RuneCountInString(name); {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, hidden):
		return "", fault.New(fault.BadRequest, "The name holds characters that do not show.", nil).At("body.name")
	case n == 0:
		return "", fault.New(fault.BadRequest, "A team needs a name.", nil).At("body.name")
	case n > maxName:
		return "", fault.New(fault.BadRequest, "The name is too long.", nil).At("body.name")
	}
	return name, nil
}

func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF' || r == utf8.RuneError
}
