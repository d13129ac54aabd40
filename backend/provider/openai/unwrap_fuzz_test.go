package openai // a reply is unwrapped nowhere else

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"nexusai/backend/llm"
)

// FuzzUnwrap: however a reply is cut, what is handed on is what a reader of the
// whole of it sees.
func FuzzUnwrap(f *testing.F) {
	for _, s := range []string{
		`{"answer":"Olá \"x\" \\ \/ \n \u00e9 \ud83c\udf0d"}`, ` { "answer" : "" } `, `{"tool":"see","arguments":{"x":1}}`, `{"answer":{"a":1}}`,
		`{"answer":"\ud83c\ud83c\udf0d \udf0d"}`, `{"tool":7}`, `{"answer":"cut \u00`, `{`, ``, `[]`, `{"answer":"a","tool":"b"}`,
	} {
		f.Add(s, uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		if !utf8.ValidString(text) {
			return
		}
		var u unwrap
		said := ""
		for rest := text; rest != ""; {
			n := min(int(size)+1, len(rest))
			said += u.feed(rest[:n])
			rest = rest[n:]
		}
		call, more, err := u.end(llm.FinishStop)
		var whole struct {
			Answer *string `json:"answer"`
		}
		var members map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &members) != nil {
			return // a server that disregards the schema; what came of a text stays
		}
		if u.answer {
			if json.Unmarshal([]byte(text), &whole) == nil && whole.Answer != nil && len(members) == 1 && said != *whole.Answer {
				t.Errorf("%q says %q, want %q", text, said, *whole.Answer)
			}
			return
		}
		if said != "" || err == nil && call == nil && more == "" {
			t.Errorf("%q: %q, %v %q %v", text, said, call, more, err)
		}
	})
}
