package calllog

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzSegment reads whatever a crash or a full disk left in a file: it must
// neither panic nor return a call that cannot be stored.
func FuzzSegment(f *testing.F) {
	f.Add([]byte(`{"begun":{"id":"a","tenant_id":"t","at":"2026-01-01T00:00:00Z"}}` + "\n" + `{"ended":{"id":"a"`))
	f.Add([]byte("\n\n{}\n[]\nnull\n"))
	f.Add([]byte(`{"tried":{"call":"a","n":1,"reserved":5,"max_input":10}}` + "\n" + `{"got":{"call":"a","n":1,"bytes":9}}` + "\n" + `{"tried":{},"got":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(t.TempDir(), "000000000001.jsonl")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		replay := newReplay()
		_, _ = readSegment(name, func(l line) error {
			parts := 0
			for _, c := range []*Call{l.Begun, l.Ended} {
				if c == nil {
					continue
				}
				parts++
				if c.ID == "" || c.TenantID == "" || c.At.IsZero() {
					t.Errorf("a call without id, tenant or time: %+v", l)
				}
			}
			if l.Tried != nil {
				parts++
			}
			if l.Got != nil {
				parts++
			}
			if parts != 1 || l.call() == "" {
				t.Errorf("a line of nothing or of two things: %+v", l)
			}
			replay.add(l)
			return nil
		})
		for _, c := range replay.cut() {
			if c.ID == "" || c.State != Failed {
				t.Errorf("a call that was cut off: %+v", c)
			}
			for _, a := range c.Tries {
				if a.Ended.IsZero() {
					t.Errorf("an attempt stays open: %+v", a)
				}
			}
		}
	})
}
