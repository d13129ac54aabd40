package identity

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestClientIP(t *testing.T) {
	t.Parallel()
	a := &Authenticator{proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"192.0.2.7:1234", "", "192.0.2.7"},
		{"192.0.2.7:1234", "203.0.113.9", "192.0.2.7"}, // not a proxy of ours: it may say what it likes
		{"10.0.0.1:1234", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:1234", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:1234", "nonsense, 10.0.0.2", "10.0.0.2"},
		{"10.0.0.1:1234", "", "10.0.0.1"},
		{"[fd00::1]:80", "2001:db8::5", "2001:db8::5"},
		{"[::ffff:192.0.2.7]:80", "", "192.0.2.7"},
		{"[fe80::1%eth0]:80", "", "fe80::1"},
		{"@", "", ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := a.clientIP(r); got != tt.want {
			t.Errorf("%s for %q: %q, want %q", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}

func TestNetworkIsWhatOneSubscriberHas(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "": ""} {
		if got := network(ip); got != want {
			t.Errorf("%q: %q, want %q", ip, got, want)
		}
	}
}

func TestOriginOfThePublicURL(t *testing.T) {
	t.Parallel()
	a := &Authenticator{public: "https://ai.acme.test"}
	for from, want := range map[string]origin{
		"https://ai.acme.test": samePage, "http://inner:8080": samePage, "http://ai.acme.test": foreignPage,
		"https://ai.acme.test.evil.test": foreignPage, "null": foreignPage, "http://INNER:8080": samePage, "http://inner": foreignPage, "://": foreignPage,
	} {
		r := httptest.NewRequest("POST", "http://inner:8080/api/auth/ticket", nil)
		r.Header.Set("Origin", from)
		if got := a.origin(r); got != want {
			t.Errorf("%s: %d, want %d", from, got, want)
		}
	}
	for _, bad := range []string{"ai.acme.test", "ftp://ai.acme.test", "https://", "::"} {
		if _, err := originOf(bad); err == nil {
			t.Errorf("%q passes for a public URL", bad)
		}
	}
}

func FuzzCleanText(f *testing.F) {
	f.Add("Ana Example", "ana@acme.test")
	f.Add("a\u202eb\x00", "\xff@\xff")
	f.Fuzz(func(t *testing.T, name, email string) {
		if got, err := cleanText("name", name, 0, 50); err == nil {
			again, err := cleanText("name", got, 0, 50)
			if err != nil || again != got || strings.ContainsAny(got, "\x00\n\u202e") {
				t.Errorf("%q became %q, then %q (%v)", name, got, again, err)
			}
		}
		if got, err := cleanEmail("email", email); err == nil && (strings.Count(got, "@") != 1 || len(got) > maxEmail) {
			t.Errorf("%q passes for an address as %q", email, got)
		}
	})
}
