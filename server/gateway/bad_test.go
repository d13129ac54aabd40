package gateway_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	up "nexusai/backend/provider/openai/openaitest"
)

// repeated is text over and over, without being in memory.
type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.text[r.at%len(r.text)]
		r.at++
	}
	return len(p), nil
}

// allocated is how much memory f asks for, all goroutines together.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestBadInputIsNamedAndCostsNothing is not parallel: it measures memory.
func TestBadInputIsNamedAndCostsNothing(t *testing.T) {
	w := newWorld(t)
	upstream := up.Serve(t, up.Answer("a"))
	w.serve(upstream.URL)
	for _, tt := range []struct {
		name, path string
		body       func() io.Reader
		size       int64 // 0: not announced
		status     int
		field      string
		most       uint64 // MiB that it may ask for
	}{
		{"100 MB, announced", "/v1/chat/completions", func() io.Reader { return &repeated{text: " "} }, 100 << 20, 413, "", 8},
		{"100 MB", "/v1/chat/completions", func() io.Reader { return io.LimitReader(&repeated{text: " "}, 100<<20) }, 0, 413, "", 80},
		{"400 MB", "/v1/messages", func() io.Reader { return io.LimitReader(&repeated{text: " "}, 400<<20) }, 0, 413, "", 80},
		{"400 MB of sound", "/v1/audio/transcriptions", func() io.Reader { return io.LimitReader(&repeated{text: "x"}, 400<<20) }, 0, 413, "", 160},
		{"a million messages", "/v1/chat/completions", messages(1_000_000), 0, 400, "messages", 80},
		{"a million messages of Anthropic's", "/v1/messages", messages(1_000_000), 0, 400, "messages", 120},
		{"a million items", "/v1/responses", func() io.Reader {
			return io.MultiReader(strings.NewReader(`{"model":"fast","input":[`), io.LimitReader(&repeated{text: `{},`}, 3_000_000), strings.NewReader(`{}]}`))
		}, 0, 400, "input", 40},
		{"a million members", "/v1/chat/completions", func() io.Reader {
			return io.MultiReader(strings.NewReader(`{"model":"fast",`), io.LimitReader(&repeated{text: `"a":1,`}, 6_000_000), strings.NewReader(`"b":1}`))
		}, 0, 400, "a", 40},
		{"a depth bomb", "/v1/chat/completions", func() io.Reader {
			return io.MultiReader(strings.NewReader(`{"model":"fast","messages":`), io.LimitReader(&repeated{text: `[`}, 5_000_000))
		}, 0, 400, "", 40},
		{"invalid UTF-8", "/v1/responses", func() io.Reader { return strings.NewReader("{\"model\":\"fast\",\"input\":\"\xff\xfe\"}") }, 0, 400, "", 1},
		{"an address inside", "/v1/chat/completions", func() io.Reader {
			return strings.NewReader(`{"model":"fast","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://[::1]:5432/"}}]}]}`)
		}, 0, 400, "messages.0.content.0.image_url.url", 1},
		{"two models", "/v1/chat/completions", func() io.Reader { return strings.NewReader(chat + `,"model":"other"}`) }, 0, 400, "model", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var resp *http.Response
			var body []byte
			asked := allocated(func() {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+tt.path, tt.body())
				w.must(err)
				r.ContentLength = tt.size
				if tt.size == 0 {
					r.ContentLength = -1
				}
				r.Header.Set("Authorization", "Bearer "+w.tenant)
				r.Header.Set("Expect", "100-continue") // so that the answer comes before what nobody wants
				if resp, err = http.DefaultClient.Do(r); err != nil && tt.status == 413 {
					return // the server may hang up while we still send
				}
				w.must(err)
				body, err = io.ReadAll(resp.Body)
				w.must(err)
				resp.Body.Close()
			})
			var got struct {
				Error struct{ Message, Param string }
			}
			if resp == nil {
				body, resp = []byte(`{"error":{"message":"hung up"}}`), &http.Response{StatusCode: tt.status}
			}
			if err := json.Unmarshal(body, &got); err != nil || resp.StatusCode != tt.status || got.Error.Message == "" {
				t.Errorf("%d %.300s", resp.StatusCode, body)
			}
			if strings.HasPrefix(tt.path, "/v1/messages") {
				got.Error.Param, _, _ = strings.Cut(got.Error.Message, ":")
			}
			if tt.field != "" && got.Error.Param != tt.field {
				t.Errorf("names %q: %s", got.Error.Param, body)
			}
			if asked > tt.most<<20 {
				t.Errorf("asked for %d MiB of memory", asked>>20)
			}
		})
	}
	if n := len(upstream.Requests()); n != 0 {
		t.Errorf("%d requests reached the provider", n)
	}
	entries := -1
	w.must(w.db.TenantRead(t.Context(), w.tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from ledger_entry`).Scan(&entries)
	}))
	if entries != 0 {
		t.Errorf("%d entries in the ledger", entries)
	}
}

func messages(n int) func() io.Reader {
	return func() io.Reader {
		const one = `{"role":""},`
		return io.MultiReader(strings.NewReader(`{"model":"fast","messages":[`), io.LimitReader(&repeated{text: one}, int64(n*len(one))), strings.NewReader(`{"role":""}]}`))
	}
}

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
