package egress_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nexusai/backend/egress"
	"nexusai/backend/fault"
)

func policy(t *testing.T, allow ...string) *egress.Policy {
	t.Helper()
	p, err := egress.New(egress.Config{Allow: allow})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.CloseIdle)
	return p
}

func get(t *testing.T, p *egress.Policy, url string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.Client(5 * time.Second).Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestLoopbackNeedsAnException(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { hits.Add(1); _, _ = io.WriteString(w, "ok") })
	if _, err := get(t, policy(t), s.URL); fault.CodeOf(err) != egress.Refused || hits.Load() != 0 {
		t.Errorf("%v after %d hits", err, hits.Load())
	}
	if _, err := get(t, policy(t, "127.0.0.1:1"), s.URL); fault.CodeOf(err) != egress.Refused {
		t.Errorf("another port's exception: %v", err)
	}
	for _, allow := range []string{"127.0.0.0/8", "127.0.0.1", s.Listener.Addr().String()} {
		if body, err := get(t, policy(t, allow), s.URL); body != "ok" {
			t.Errorf("%s: %q %v", allow, body, err)
		}
	}
}

// TestARushFindsItsConnectionsAgain: with fewer idle connections than there are
// requests at a time, each rush would dial anew.
func TestARushFindsItsConnectionsAgain(t *testing.T) {
	t.Parallel()
	const rush = 100
	var arrived sync.WaitGroup
	var dialled atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived.Done()
		arrived.Wait() // for all of them, so that each has a connection
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			dialled.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	p := policy(t, "127.0.0.0/8")
	for range 2 {
		arrived.Add(rush)
		var asked sync.WaitGroup
		for range rush {
			asked.Go(func() {
				if _, err := get(t, p, s.URL); err != nil {
					t.Error(err)
				}
			})
		}
		asked.Wait()
	}
	if n := dialled.Load(); n > rush+rush/10 {
		t.Errorf("%d connections for %d requests at a time", n, rush)
	}
}

func TestANameIsJudgedByWhatItResolvesTo(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	p, err := egress.New(egress.Config{Resolver: loopbackResolver(t)})
	if err != nil {
		t.Fatal(err)
	}
	url := "http://innocent.example:" + port
	if err := p.CheckURL(url); err != nil {
		t.Errorf("the name alone tells nothing, yet: %v", err)
	}
	_, err = get(t, p, url)
	if fault.CodeOf(err) != egress.Refused || !strings.Contains(fault.Cause(err), "loopback") {
		t.Errorf("a name for loopback is %v", err)
	}
	if f := fault.From(err); strings.Contains(f.Safe+f.Hint, "127") {
		t.Errorf("%q tells what the name resolves to", f.Safe)
	}
}

// loopbackResolver answers each question for an IPv4 address with 127.0.0.1:
// the attack where a name's owner changes its records.
func loopbackResolver(t *testing.T) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(dnsAnswer(buf[:n]), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// dnsAnswer echoes the question and, for type A, adds 127.0.0.1 (RFC 1035 § 4).
func dnsAnswer(question []byte) []byte {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	isA := question[end+2] == 1
	out := append([]byte{}, question[:end+5]...)
	out[2], out[3] = 0x81, 0x80
	copy(out[6:12], []byte{0, 0, 0, 0, 0, 0})
	if isA {
		out[7] = 1
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1)
	}
	return out
}

func TestARedirectIsDialledThroughThePolicy(t *testing.T) {
	t.Parallel()
	inner := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the inner server was reached") })
	targets := map[string]string{
		"/private": inner.URL, "/name": strings.Replace(inner.URL, "127.0.0.1", "localhost", 1), "/file": "file:///etc/passwd",
		"/metadata": "http://169.254.169.254/latest/", "/loop": "/loop", "/user": "http://a:b@192.0.2.1/",
	}
	outer := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, targets[r.URL.Path], http.StatusFound)
	})
	p := policy(t, outer.Listener.Addr().String())
	for path := range targets {
		_, err := get(t, p, outer.URL+path)
		if code := fault.CodeOf(err); code != egress.Refused && code != fault.BadRequest {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestWhatIsInside does not ask what is allowed: an address that may be dialled is
// inside all the same.
func TestWhatIsInside(t *testing.T) {
	t.Parallel()
	p, err := egress.New(egress.Config{Allow: []string{"10.0.0.0/8", "127.0.0.1"}, Resolver: loopbackResolver(t)})
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]bool{
		"https://1.1.1.1/v1": false, "https://[2606:4700:4700::1111]/v1": false, "http://10.1.2.3:8000/v1": true, "http://[fd00::1]/v1": true,
		"http://localhost:1/v1": true, "http://a.localhost./v1": true, "http://127.1/v1": true, "http://gpu.example.com/v1": true, "::": true, "": true,
	} {
		if got := p.Inside(t.Context(), url); got != want {
			t.Errorf("%s is inside: %v", url, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if !p.Inside(ctx, "https://unknown.example/") {
		t.Error("what cannot be resolved is outside")
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	p := policy(t, "10.1.0.0/16", "127.0.0.1:8081", "169.254.0.0/16")
	for url, want := range map[string]fault.Code{
		"https://api.example.com/v1": "", "http://8.8.8.8/": "", "http://[2606:4700::1111]/": "", "http://10.1.2.3:9/": "",
		"http://127.0.0.1:8081/v1": "", "http://localhost:8081": "", "http://localhost.:8081": "",
		"http://127.0.0.1/": egress.Refused, "http://localhost": egress.Refused, "http://LOCALHOST:80": egress.Refused, "http://a.localhost": egress.Refused,
		"http://10.2.0.1": egress.Refused, "http://[::1]": egress.Refused, "http://[::ffff:127.0.0.1]": egress.Refused, "http://[fe80::1%25eth0]/": egress.Refused,
		"http://169.254.1.1": "", "http://169.254.169.254": egress.Refused, "http://2130706433": egress.Refused, "http://0x7f.1": egress.Refused,
		"http://127.1": egress.Refused, "http://0177.0.0.1": egress.Refused, "http://0": egress.Refused, "http://1.2.3.09": egress.Refused,
		"ftp://example.com": fault.BadRequest, "example.com": fault.BadRequest, "": fault.BadRequest, "http://": fault.BadRequest, "http://a b": fault.BadRequest,
		"http://u:p@example.com": fault.BadRequest, "http://example.com:0": fault.BadRequest, "http://example.com:99999": fault.BadRequest, "file:///etc/passwd": fault.BadRequest,
	} {
		if got := fault.CodeOf(p.CheckURL(url)); got != want {
			t.Errorf("%q is %q, want %q", url, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, bad := range strings.Fields(`0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.0.1 169.254.169.254
		172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1
		240.0.0.1 255.255.255.255 168.63.129.16 100.100.100.200 :: ::1 ::ffff:8.8.8.8 ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808
		64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1`) {
		if egress.Why(netip.MustParseAddr(bad)) == "" {
			t.Errorf("%s counts as public", bad)
		}
	}
	if egress.Why(netip.Addr{}) == "" {
		t.Error("no address counts as public")
	}
	for _, good := range strings.Fields(`1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1 2001:4860:4860::8888`) {
		if why := egress.Why(netip.MustParseAddr(good)); why != "" {
			t.Errorf("%s counts as %s", good, why)
		}
	}
}

func TestAllowListSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"localhost", "example.com:80", "10.0.0.1/8", "10.0.0.0/33", "127.0.0.1:0", "127.0.0.1:99999", "fe80::1%eth0", "*", ""} {
		if _, err := egress.New(egress.Config{Allow: []string{bad}}); err == nil || !strings.Contains(err.Error(), `"`+bad+`"`) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if got := egress.SplitAllow(" 10.0.0.0/8, ,127.0.0.1:80,"); len(got) != 2 || got[1] != "127.0.0.1:80" {
		t.Errorf("split into %q", got)
	}
}

// FuzzAddress: an address counts as public only if the standard library finds
// nothing special about it, however it is written.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::1", "fe80::1%a", "8.8.8.8", "2002::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := netip.ParseAddr(text)
		if err != nil || egress.Why(a) != "" {
			return
		}
		if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.Is4In6() || a.Zone() != "" {
			t.Errorf("%s counts as public", a)
		}
		p, err := egress.New(egress.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.CheckURL("http://" + netip.AddrPortFrom(a, 80).String()); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	})
}

// FuzzAllow: what is accepted as an exception allows that address and does not
// allow a neighbour far away.
func FuzzAllow(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8", "127.0.0.1:80", "[::1]:80", "::1", "10.0.0.1/8", "::ffff:10.0.0.0/104", "fd00::/8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		p, err := egress.New(egress.Config{Allow: []string{entry}})
		if err != nil {
			return
		}
		prefix, err := netip.ParsePrefix(entry)
		if err != nil || prefix.Bits() < 8 {
			return
		}
		if far := "http://192.168.77.1/"; !prefix.Contains(netip.MustParseAddr("192.168.77.1")) && fault.CodeOf(p.CheckURL(far)) != egress.Refused {
			t.Errorf("%q allows %s", entry, far)
		}
		at := netip.AddrPortFrom(prefix.Addr(), 80).String()
		if err := p.CheckURL("http://" + at); err != nil && !strings.Contains(fault.Cause(err), "metadata") {
			t.Errorf("%q does not allow %s: %s", entry, at, fault.Cause(err))
		}
	})
}
