package endpoint

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	for _, s := range []string{"", "0", "7", "1.5", "-1", "NaN", "1e300", "Sat, 01 Aug 2026 12:00:30 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"} {
		f.Add(s, "")
		f.Add("", s)
	}
	f.Fuzz(func(t *testing.T, seconds, ms string) {
		if got := RetryAfter(http.Header{"Retry-After": {seconds}, "Retry-After-Ms": {ms}}, now); got < 0 || got > MaxWait {
			t.Errorf("%q and %q are %s", seconds, ms, got)
		}
	})
}

// FuzzWithoutKey: what passes is free of the key and else as it was, however it
// was cut.
func FuzzWithoutKey(f *testing.F) {
	f.Add("a sk-hunter2 b", "sk-hunter2")
	f.Add("sk-sk-hunter2sk-hunter", "sk-hunter2")
	f.Add("aaaaaaaaaaaab", "aaaaaab")
	f.Fuzz(func(t *testing.T, text, key string) {
		s := Secret(key)
		want := s.scrub(text)
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(text), "by bytes": iotest.OneByteReader(strings.NewReader(text)), "with its end": iotest.DataErrReader(strings.NewReader(text))} {
			got, err := io.ReadAll(iotest.OneByteReader(s.withoutKey(io.NopCloser(r))))
			if err != nil || string(got) != want {
				t.Errorf("%s: %q without %q is %q, want %q: %v", name, text, key, got, want, err)
			}
		}
	})
}
