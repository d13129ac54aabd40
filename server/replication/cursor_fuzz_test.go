package replication

import (
	"encoding/base64"
	"errors"
	"testing"

	"nexusai/sync/entity"
)

func FuzzCursor(f *testing.F) {
	f.Add("x")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte("2026-08-01T12:00:00.5Z|0199aaaa-0000-7000-8000-000000000001")))
	f.Fuzz(func(t *testing.T, text string) {
		at, id, err := parseCursor(text)
		switch {
		case err != nil && !errors.Is(err, ErrCursor):
			t.Errorf("%q is an error of another kind: %v", text, err)
		case err == nil && text != "" && (at == nil || id == nil || !entity.IsID(*id)):
			t.Errorf("%q is %v %v", text, at, id)
		}
	})
}
