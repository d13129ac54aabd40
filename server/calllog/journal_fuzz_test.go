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
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(t.TempDir(), "000000000001.jsonl")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = readSegment(name, func(l line) {
			c := l.Begun
			if c == nil {
				c = l.Ended
			}
			if c == nil || c.ID == "" || c.TenantID == "" || c.At.IsZero() || (l.Begun != nil && l.Ended != nil) {
				t.Errorf("a call without id, tenant or time: %+v", l)
			}
		})
	})
}
