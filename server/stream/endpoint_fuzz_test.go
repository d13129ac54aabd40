package stream

import (
	"net/http"
	"net/url"
	"testing"
)

func FuzzLastSeen(f *testing.F) {
	f.Add("3", "r:2", "r")
	f.Add("", "r:-9", "r")
	f.Add("", ":", "")
	f.Fuzz(func(t *testing.T, after, id, run string) {
		r := &http.Request{URL: &url.URL{RawQuery: url.Values{"after": {after}}.Encode()}, Header: http.Header{"Last-Event-Id": {id}}}
		if n, err := lastSeen(r, run); n < 0 || (err != nil && n != 0) {
			t.Errorf("%d %v", n, err)
		}
	})
}
