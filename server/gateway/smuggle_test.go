package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	up "nexusai/backend/provider/openai/openaitest"
)

// TestHeadersAreNotSmuggled sends what an HTTP client would not.
func TestHeadersAreNotSmuggled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upstream := up.Serve(t, up.Answer("a"))
	w.serve(upstream.URL)
	body := chat + `}`
	for name, head := range map[string]string{
		"two lengths":        fmt.Sprintf("Content-Length: %d\r\nContent-Length: 3", len(body)),
		"an unknown coding":  "Transfer-Encoding: gzip, chunked",
		"a folded header":    fmt.Sprintf("Content-Length: %d\r\nX-A: b\r\n Authorization: Bearer x", len(body)) + "\r\nAuthorization : Bearer x",
		"a compressed body":  fmt.Sprintf("Content-Length: %d\r\nContent-Encoding: gzip", len(body)),
		"a second key":       fmt.Sprintf("Content-Length: %d\r\nAuthorization: Bearer %s", len(body), w.other),
		"a key of both ways": fmt.Sprintf("Content-Length: %d\r\nX-Api-Key: %s", len(body), w.other),
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.URL, "http://"))
		w.must(err)
		w.must(conn.SetDeadline(time.Now().Add(20 * time.Second)))
		_, err = fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\nConnection: close\r\n\r\n%s", w.tenant, head, body)
		w.must(err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		w.must(err)
		if resp.StatusCode/100 != 4 && resp.StatusCode != 501 {
			t.Errorf("%s is %d", name, resp.StatusCode)
		}
		resp.Body.Close()
		conn.Close()
	}
	if n := len(upstream.Requests()); n != 0 {
		t.Errorf("%d requests reached the provider", n)
	}
	text(t, w.send("/v1/chat/completions", body, "Cookie", "a=b", "X-Forwarded-For", "10.0.0.1", "Proxy-Authorization", "x", "X-Nexus-Strict", "1"))
	got := upstream.Requests()[0].Header
	for _, name := range []string{"Cookie", "X-Forwarded-For", "Proxy-Authorization", "X-Nexus-Strict", "X-Api-Key"} {
		if got.Get(name) != "" {
			t.Errorf("%s reached the provider", name)
		}
	}
}
