package api_test

import (
	"strings"
	"testing"
)

// TestLargeBodies: 50 MB are refused on every kind of route, before sign-in too.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := `{"email":"ana@acme.test","name":"` + strings.Repeat("x", 50<<20) + `"}`
	for _, tt := range []struct{ token, method, path string }{
		{"", "POST", "/api/auth/login"},
		{"", "POST", "/api/auth/register"},
		{"", "POST", "/api/auth/refresh"},
		{w.acme.owner, "POST", "/api/admin/users"},
		{w.acme.owner, "POST", "/api/admin/keys"},
		{w.acme.owner, "PATCH", "/api/admin/users/" + w.acme.ownerID},
	} {
		if got := w.call(tt.token, tt.method, tt.path, large); got.Code != 413 || !strings.Contains(got.Body.String(), "request.too_large") {
			t.Errorf("%s %s: %d %.200s", tt.method, tt.path, got.Code, got.Body)
		}
	}
}
