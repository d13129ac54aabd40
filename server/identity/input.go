package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

const (
	minPassword = 10 // characters; NIST SP 800-63B-4 asks for length, not for classes
	maxPassword = 1024
	maxEmail    = 254 // RFC 5321 §4.5.3.1.3, without the angle brackets
	maxName     = 120
)

// cleanText is a name as people type it: trimmed, composed, without characters
// that do not show. Too long or empty when it must not be is BadRequest.
func cleanText(field, s string, least, most int) (string, error) {
	if !utf8.ValidString(s) {
		return "", fault.New(fault.BadRequest, "This text is not valid UTF-8.", nil).At(field)
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	if strings.ContainsFunc(s, hidden) {
		return "", fault.New(fault.BadRequest, "This text holds characters that do not show.", nil).At(field)
	}
	switch n := utf8.RuneCountInString(s); {
	case n < least:
		return "", fault.New(fault.BadRequest, "This must not be empty.", nil).At(field)
	case n > most:
		return "", fault.New(fault.BadRequest, "This text is too long.", nil).At(field)
	}
	return s, nil
}

// hidden also covers the marks that reorder text: a name must not be able to
// look like another one.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF' || r == utf8.RuneError
}

// cleanEmail accepts what has one @ with something on both sides and no
// characters that addresses do not have unquoted. The mail server is the only
// one who knows more.
func cleanEmail(field, s string) (string, error) {
	s, err := cleanText(field, s, 3, maxEmail)
	if err != nil {
		return "", err
	}
	local, domain, _ := strings.Cut(s, "@")
	bad := strings.ContainsAny(s, " \t\"(),:;<>[\\]") || strings.Contains(domain, "@") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".")
	if local == "" || domain == "" || bad || len(s) > maxEmail {
		return "", fault.New(fault.BadRequest, "This is not an e-mail address.", nil).At(field)
	}
	return strings.ToLower(s), nil
}

// checkPassword is for a new password; a wrong old one needs no reasons.
func checkPassword(field, password, email string) error {
	n := utf8.RuneCountInString(norm.NFC.String(password))
	lower, local := strings.ToLower(password), strings.ToLower(email)
	if at := strings.IndexByte(local, '@'); at > 0 {
		local = local[:at]
	}
	switch {
	case !utf8.ValidString(password), strings.ContainsRune(password, utf8.RuneError): // what a JSON reader makes of bad bytes
		return fault.New(fault.BadRequest, "The password is not valid UTF-8.", nil).At(field)
	case n < minPassword:
		return fault.New(fault.BadRequest, "The password needs at least 10 characters.", nil).At(field)
	case len(password) > maxPassword:
		return fault.New(fault.BadRequest, "The password is too long.", nil).At(field)
	case lower == strings.ToLower(email) || lower == local || strings.Count(lower, lower[:1]) == len(lower):
		return fault.New(fault.BadRequest, "This password is too easy to guess.", nil).At(field).
			WithHint("Three or four words that do not belong together are hard to guess and easy to keep.")
	}
	return nil
}

// cleanDevice refuses a device without an id of its own.
func cleanDevice(d httpapi.Device) (httpapi.Device, error) {
	id, err := uuid.Parse(d.ID)
	if err != nil {
		return d, fault.New(fault.BadRequest, "The device's id is not a UUID.", err).At("body.device.id")
	}
	d.ID = id.String()
	d.Name, err = cleanText("body.device.name", d.Name, 0, 100)
	return d, err
}

// rowID is an id from a path. One that cannot exist does not exist.
func rowID(id string) (string, error) {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return "", fault.New(fault.NotFound, "There is nothing with this id.", nil)
	}
	return parsed.String(), nil
}
