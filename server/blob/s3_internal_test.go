package blob

import (
	"strings"
	"testing"
)

// internal: through OpenS3 each input would be dialled
func FuzzSplitEndpoint(f *testing.F) {
	for _, seed := range []string{"https://s3.example.com", "http://127.0.0.1:9000/", "s3.example.com", "http://[::1]:9000", "ftp://x", "http://u:p@x", "://"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		host, secure, err := splitEndpoint(endpoint)
		if err != nil {
			return
		}
		if host == "" || strings.ContainsAny(host, "/@") {
			t.Errorf("host %q", host)
		}
		if !secure && !strings.HasPrefix(strings.ToLower(endpoint), "http:") {
			t.Errorf("%q is sent in the clear without being asked to", endpoint)
		}
	})
}
