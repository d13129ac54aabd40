package content

import (
	"os"
	"path/filepath"
	"testing"

	"nexusai/backend/httpapi"
)

// FuzzAnswer reads anything as an answer of every wire: no panic, and never more
// than the bound.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"choices":[{"index":3,"delta":{"content":[{"text":"a"}],"tool_calls":[{"index":9,"function":{"name":"n"}}]}}]}`,
		`{"type":"response.output_text.delta","delta":"a","output":[{"type":"message","content":[{"text":"b"}]}]}`,
		`{"index":-1,"content":[{"text":"a","input":{}}],"delta":{"partial_json":"{"}}`, `[DONE]`, `null`, `[1]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for wire, read := range wires {
			a := newAnswers()
			read(data, a.add)
			read(data, a.add)
			var into httpapi.CallContents
			a.tell(&into)
			size := 0
			for _, m := range into.Answers {
				size += len(m.Text) + len(m.Reasoning)
				for _, c := range m.Calls {
					size += len(c.Name) + len(c.Arguments)
				}
			}
			if size > maxSide || len(into.Answers) > maxAnswers {
				t.Errorf("%s: %d bytes in %d answers", wire, size, len(into.Answers))
			}
		}
	})
}

// FuzzSegment reads anything as a file that a dying process left.
func FuzzSegment(f *testing.F) {
	f.Add([]byte("{\"tenant\":\"t\",\"call\":\"c\",\"sealed\":\"AAAA\"}\n{\"tenant\":"))
	f.Add([]byte("\n\n{}\nnull\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(t.TempDir(), "1.jsonl")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readSegment(name, func(e entry) error {
			if e.Tenant == "" || e.Call == "" || len(e.Sealed) == 0 {
				t.Errorf("half an entry: %+v", e)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
