package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"nexusai/backend/llm"
)

// unwrap reads what a forced model writes as it comes: the text of an answer is
// handed on at once, a call when it is whole. Not for concurrent use.
type unwrap struct {
	all     strings.Builder // everything so far
	at      int             // of all: what of the answer was handed on
	answer  bool            // it is an answer, and a text
	decided bool
	over    bool // the answer's closing quote has come
}

// feed takes the next piece and returns what it adds to the answer's text.
func (u *unwrap) feed(piece string) string {
	u.all.WriteString(piece)
	if !u.decided {
		u.decide()
	}
	if !u.answer || u.over {
		return ""
	}
	return u.spoken()
}

const space = " \t\r\n"

// decide finds out from the first member what it is.
func (u *unwrap) decide() {
	text := u.all.String()
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, space), "{")
	if !ok {
		return
	}
	rest = strings.TrimLeft(rest, space)
	name := `"` + forcedAnswer + `"`
	if len(rest) < len(name) {
		return
	}
	if !strings.HasPrefix(rest, name) {
		u.decided = true // a call
		return
	}
	rest = strings.TrimLeft(rest[len(name):], space)
	if rest, ok = strings.CutPrefix(rest, ":"); !ok {
		return
	}
	if rest = strings.TrimLeft(rest, space); rest == "" {
		return
	}
	u.decided, u.answer = true, rest[0] == '"' // otherwise it follows the caller's schema
	u.at = len(text) - len(rest) + 1
}

// spoken decodes as much of the string as is whole: an escape that is cut waits,
// as does the first half of a pair.
func (u *unwrap) spoken() string {
	var out strings.Builder
	text := u.all.String()
	for u.at < len(text) {
		switch c := text[u.at]; {
		case c == '"':
			u.over = true
			return out.String()
		case c != '\\':
			end := u.at + 1
			for end < len(text) && text[end] != '"' && text[end] != '\\' {
				end++
			}
			out.WriteString(text[u.at:end])
			u.at = end
		default:
			r, n := escape(text[u.at:])
			if n == 0 {
				return out.String()
			}
			out.WriteString(r)
			u.at += n
		}
	}
	return out.String()
}

var escapes = map[byte]string{'"': `"`, '\\': `\`, '/': "/", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t"}

// escape reads the escape that text begins with; 0 says that it is not whole.
func escape(text string) (string, int) {
	if len(text) < 2 {
		return "", 0
	}
	if text[1] != 'u' {
		return escapes[text[1]], 2
	}
	first, ok := unit(text)
	if !ok {
		return "", 0
	}
	if !utf16.IsSurrogate(first) {
		return string(first), 6
	}
	rest := text[6:]
	if rest == "" || rest == `\` || strings.HasPrefix(rest, `\u`) && len(rest) < 6 {
		return "", 0 // its other half may come
	}
	if strings.HasPrefix(rest, `\u`) {
		if second, ok := unit(rest); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return string(r), 12
			}
		}
	}
	return string(utf8.RuneError), 6
}

// unit reads \uXXXX.
func unit(text string) (rune, bool) {
	if len(text) < 6 {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	if err != nil {
		return utf8.RuneError, true
	}
	return rune(n), true
}

// end is the call, if it is one, or the part of an answer that was not handed on
// because it follows a schema. An answer that is cut short is what has come of it.
func (u *unwrap) end(finish llm.Finish) (call *llm.ToolCall, rest string, err error) {
	if u.answer {
		return nil, "", nil
	}
	if finish == llm.FinishLength {
		return nil, "", nil // half a call is none
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal([]byte(u.all.String()), &got); err != nil {
		return nil, "", fmt.Errorf("decode a forced reply of %d bytes: %w", u.all.Len(), err)
	}
	if answer, ok := got[forcedAnswer]; ok {
		return nil, string(answer), nil
	}
	var name string
	if json.Unmarshal(got[forcedTool], &name) != nil || name == "" {
		return nil, "", errors.New("a forced reply is neither a call nor an answer")
	}
	input := string(got[forcedInput])
	if input == "" {
		input = "{}"
	}
	return &llm.ToolCall{Name: name, Arguments: input}, "", nil
}
