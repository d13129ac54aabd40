package splice_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"nexusai/backend/provider/splice"
)

func FuzzEach(f *testing.F) {
	f.Add([]byte(`[1, "a,]" ,{"b":[2]},null,-1.5e3]`))
	f.Add([]byte(` [ ] `))
	f.Add([]byte(`{"a":1}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if !json.Valid(in) {
			return
		}
		var want []json.RawMessage
		isList := json.Unmarshal(in, &want) == nil && bytes.TrimSpace(in)[0] == '['
		n := 0
		ok := splice.Each(in, func(i int, item []byte) bool {
			if i >= len(want) || !bytes.Equal(item, want[i]) {
				t.Errorf("item %d is %q", i, item)
			}
			n++
			return true
		})
		if ok != isList || (ok && n != len(want)) {
			t.Errorf("%q: %v after %d of %d", in, ok, n, len(want))
		}
	})
}
