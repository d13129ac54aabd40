package splice

import (
	"encoding/json"
	"testing"
)

// FuzzPlain: what plain takes, encoding/json takes too and reads alike.
func FuzzPlain(f *testing.F) {
	for _, raw := range []string{`"a b"`, `"\u0041"`, `"é"`, `"`, `""`, `true`, `false`, `null`, `0`, `42`, `007`, `-1`, `999999999`, `9999999999`, `1.0`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		alike[string](t, raw)
		alike[bool](t, raw)
		alike[int](t, raw)
	})
}

func alike[T comparable](t *testing.T, raw []byte) {
	t.Helper()
	var got, want T
	if !plain(raw, &got) {
		return
	}
	if err := json.Unmarshal(raw, &want); err != nil || got != want {
		t.Errorf("%q is %v, want %v: %v", raw, got, want, err)
	}
}

func TestPlainTakesWhatIsUsual(t *testing.T) {
	t.Parallel()
	var text string
	var truth bool
	var number int
	if !plain([]byte(`"gpt-4o"`), &text) || !plain([]byte(`true`), &truth) || !plain([]byte(`4096`), &number) {
		t.Error("a usual value was left to encoding/json")
	}
	if text != "gpt-4o" || !truth || number != 4096 {
		t.Errorf("read %q, %t, %d", text, truth, number)
	}
}
