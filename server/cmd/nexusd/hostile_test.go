package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/identity"
	"nexusai/server/secret"
	"nexusai/server/tenant"
)

// door is one surface under /v1 and what is asked of it.
type door struct {
	path  string
	good  string // %s: the model
	wrong string // a member of a wrong type; %s: the model
	at    string // where that is
	begin string // of a request with a list without an end
	item  string // of that list
	image string // a request with a picture; %s: its address; empty: none is read here
	shown string // where that is
}

const form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n%s\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n"

var doors = []door{
	{
		"/v1/chat/completions", `{"model":"%s","messages":[{"role":"user","content":"hi"}]}`, `{"model":"%s","messages":[{"role":"user","content":7}]}`, "messages.0.content",
		`{"model":"paid","messages":[`, `{"role":""},`, `{"model":"paid","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"%s"}}]}]}`, "messages.0.content.0.image_url.url",
	},
	{"/v1/completions", `{"model":"%s","prompt":"hi"}`, `{"model":"%s","prompt":{"a":1}}`, "prompt", `{"model":"paid","prompt":[`, `"a",`, "", ""},
	{
		"/v1/responses", `{"model":"%s","input":"hi"}`, `{"model":"%s","input":7}`, "input",
		`{"model":"paid","input":[`, `{},`, `{"model":"paid","input":[{"role":"user","content":[{"type":"input_image","image_url":"%s"}]}]}`, "input.0.content.0.image_url",
	},
	{"/v1/embeddings", `{"model":"%s","input":"hi"}`, `{"model":"%s","input":[null]}`, "input", `{"model":"paid","input":[`, `"a",`, "", ""},
	{"/v1/rerank", `{"model":"%s","query":"q","documents":["a"]}`, `{"model":"%s","query":"q","documents":"a"}`, "documents", `{"model":"paid","query":"q","documents":[`, `"a",`, "", ""},
	{"/v1/audio/speech", `{"model":"%s","input":"hi","voice":"v"}`, `{"model":"%s","input":7,"voice":"v"}`, "input", `{"model":"paid","voice":"v","input":[`, `"a",`, "", ""},
	{
		"/v1/audio/transcriptions", form + "--b--\r\n", form + "--b\r\nContent-Disposition: form-data; name=\"temperature\"\r\n\r\nwarm\r\n--b--\r\n", "temperature",
		"", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", "", "",
	},
	{
		"/v1/messages", `{"model":"%s","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`, `{"model":"%s","max_tokens":9,"messages":[{"role":"user","content":7}]}`, "messages.0.content",
		`{"model":"paid","max_tokens":9,"messages":[`, `{"role":""},`, `{"model":"paid","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"%s"}}]}]}`, "messages.0.content.0.source.url",
	},
	{
		"/v1/messages/count_tokens", `{"model":"%s","messages":[{"role":"user","content":"hi"}]}`, `{"model":"%s","messages":[{"role":"user","content":7}]}`, "messages.0.content",
		`{"model":"paid","messages":[`, `{"role":""},`, `{"model":"paid","messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"%s"}}]}]}`, "messages.0.content.0.source.url",
	},
}

func (d door) anthropics() bool { return strings.HasPrefix(d.path, "/v1/messages") }

func (d door) json() bool { return !strings.HasSuffix(d.path, "transcriptions") }

// peak forgets the most memory that the process had, and says how much it has
// had since it was last asked, in MiB.
func (p *process) peak() int {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return kib >> 10
}

// endless is text over and over, without being in memory.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		copied := copy(p[n:], e.text[e.at:])
		n, e.at = n+copied, (e.at+copied)%len(e.text)
	}
	return n, nil
}

// knock sends body to d and requires the status and, where it is given, the
// field, both in the words of d's clients. It returns the message.
func (p *process) knock(d door, key string, body io.Reader, want int, field string) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+d.path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.ContentLength = -1
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Expect", "100-continue") // so that the answer comes before what nobody wants
	if d.json() {
		r.Header.Set("Content-Type", "application/json")
	} else {
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		if want != http.StatusRequestEntityTooLarge { // it may hang up while we still send
			p.t.Errorf("%s: %v", d.path, err)
		}
		return ""
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	message, at, err := words(d, resp, answer)
	if err != nil || resp.StatusCode != want || field != "" && at != field {
		p.t.Errorf("%s: %d at %q, want %d at %q (%v): %.400s", d.path, resp.StatusCode, at, want, field, err, answer)
	}
	return message
}

// words reads an error as the clients of d do.
func words(d door, resp *http.Response, answer []byte) (message, field string, err error) {
	var got struct {
		Type  string `json:"type"`
		Error struct {
			Type, Message string
			Param         *string
			Code          *string
		}
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		return "", "", err
	}
	id := resp.Header.Get("X-Request-Id")
	if got.Error.Message == "" || got.Error.Type == "" || id == "" || resp.Header.Get("Content-Type") != "application/json" {
		return "", "", errors.New("not what a client reads")
	}
	if d.anthropics() {
		if got.Type != "error" || got.RequestID != id || resp.Header.Get("Request-Id") != id {
			return "", "", errors.New("not what Anthropic's clients read")
		}
		field, _, _ = strings.Cut(got.Error.Message, ": ")
		return got.Error.Message, field, nil
	}
	if !bytes.Contains(answer, []byte(`"param":`)) || !bytes.Contains(answer, []byte(`"code":`)) {
		return "", "", errors.New("not what OpenAI's clients read")
	}
	if got.Error.Param != nil {
		field = *got.Error.Param
	}
	return got.Error.Message, field, nil
}

// smuggle writes a request as no HTTP client would, and returns the status.
func (p *process) smuggle(d door, key, head, body string) int {
	p.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\nConnection: close\r\n\r\n%s", d.path, key, head, body); err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// others makes a tenant that has nothing but a key.
func (m *team) others(dir string) string {
	m.t.Helper()
	keys, err := secret.Load(secret.Config{Dir: dir})
	m.must(err)
	people, err := identity.New(identity.Config{DB: m.db, Secrets: keys, Log: slog.New(slog.DiscardHandler)})
	m.must(err)
	beta, err := tenant.New("Beta", "")
	m.must(err)
	m.must(m.db.Tenant(m.t.Context(), beta.ID, func(tx pgx.Tx) error { return tenant.Insert(m.t.Context(), tx, beta) }))
	made, err := people.CreateKey(m.t.Context(), identity.Operator(beta.ID), httpapi.NewKey{Name: "beta"})
	m.must(err)
	return made.Secret
}

// TestBadInputIsNamedAndCostsNothing sends to every surface what nobody should:
// a precise error in that surface's own words, no more memory for more bytes,
// nothing to a provider and nothing in the ledger.
func TestBadInputIsNamedAndCostsNothing(t *testing.T) {
	t.Parallel()
	upstream := up.Serve(t, up.Answer("Hel", "lo"))
	var visits atomic.Int32
	neighbour := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(neighbour.Close)
	dir := folder(t)
	p := start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme := newTeam(t, dir, upstream.URL)
	acme.price(dir, upstream.URL)
	bearer := acme.login(p.url)
	key := func(body httpapi.NewKey) (made httpapi.CreatedKey) {
		t.Helper()
		status, answer := post(t.Context(), p.url+"/api/admin/keys", bearer, body)
		if err := json.Unmarshal(answer, &made); err != nil || status != http.StatusCreated {
			t.Fatalf("%d %s", status, answer)
		}
		return made
	}
	soon := time.Now().Add(3 * time.Second)
	revoked, expiring, foreign := key(httpapi.NewKey{Name: "revoked"}), key(httpapi.NewKey{Name: "expiring", ExpiresAt: &soon}), acme.others(dir)

	for _, d := range doors {
		say := func(text string) io.Reader { return strings.NewReader(text) }
		p.knock(d, acme.key, say(fmt.Sprintf(d.good, "gpt-99")), 404, "model")
		p.knock(d, foreign, say(fmt.Sprintf(d.good, "paid")), 404, "model")
		p.knock(d, revoked.Secret, say(fmt.Sprintf(d.good, "gpt-99")), 404, "model") // it counts until it is revoked
		if time.Now().Before(soon.Add(-time.Second)) {
			p.knock(d, expiring.Secret, say(fmt.Sprintf(d.good, "gpt-99")), 404, "model")
		}
		p.knock(d, "nxs_live_nonsense", say(fmt.Sprintf(d.good, "paid")), 401, "")
		p.knock(d, acme.key, say(fmt.Sprintf(d.wrong, "paid")), 400, d.at)
		p.knock(d, acme.key, say(fmt.Sprintf(d.good, "pa\xffid")), 400, "")
		p.knock(d, acme.key, say(""), 400, "")
		if d.json() {
			p.knock(d, acme.key, say(fmt.Sprintf(d.good, `"},{"`)), 400, "")
			p.knock(d, acme.key, say(strings.Replace(d.good, `"%s"`, `["paid"]`, 1)), 400, "model")
		}
		for _, address := range []string{neighbour.URL + "/a.png", "http://169.254.169.254/latest/meta-data", "http://[::ffff:10.0.0.1]/a.png", "http://localhost:5432/", "file:///etc/passwd"} {
			if d.image != "" {
				p.knock(d, acme.key, say(fmt.Sprintf(d.image, address)), 400, d.shown)
			}
		}
		body := fmt.Sprintf(d.good, "paid")
		for _, head := range []string{
			fmt.Sprintf("Content-Length: %d\r\nContent-Length: 3", len(body)), "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
			fmt.Sprintf("Content-Length: %d\r\nAuthorization : Bearer x", len(body)), fmt.Sprintf("Content-Length: %d\r\nContent-Encoding: gzip", len(body)),
			fmt.Sprintf("Content-Length: %d\r\nAuthorization: Bearer %s", len(body), foreign), fmt.Sprintf("Content-Length: %d\r\nX-Api-Key: %s", len(body), foreign),
		} {
			if status := p.smuggle(d, acme.key, head, body); status/100 != 4 && status != 501 {
				t.Errorf("%s with %q is %d", d.path, head, status)
			}
		}
	}
	acme.heavy(p)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, p.url+"/api/admin/keys/"+revoked.Key.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("revoking: %v %v", resp, err)
	}
	resp.Body.Close()
	time.Sleep(max(time.Second, time.Until(soon.Add(50*time.Millisecond)))) // a second is what revoking may take
	for _, d := range doors {
		p.knock(d, revoked.Secret, strings.NewReader(fmt.Sprintf(d.good, "paid")), 401, "")
		p.knock(d, expiring.Secret, strings.NewReader(fmt.Sprintf(d.good, "paid")), 401, "")
	}
	if n := len(upstream.Requests()); n != 0 {
		t.Errorf("%d requests reached the provider", n)
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("%d requests reached a neighbour", n)
	}
	acme.have(`select count(*) from inference_log where state <> 'failed' or cost_nano_usd <> 0`, 0)
	acme.have(`select count(*) from ledger_entry`, 0)
	acme.have(`select count(*) from budget_period where spent_nano_usd <> 0`, 0)
}

// heavy sends requests that are large in every way, several at a time: memory
// is that of what may be held, however much comes.
func (m *team) heavy(p *process) {
	m.t.Helper()
	const held = (128 + 64) * shadow // MiB: what the gateway holds of large requests, and room for the collector
	p.peak()
	before := p.peak()
	for _, d := range doors {
		for name, body := range map[string]func() io.Reader{
			"100 MB": func() io.Reader { return io.LimitReader(&endless{text: " "}, 100<<20) },
			"a depth bomb": func() io.Reader {
				return io.MultiReader(strings.NewReader(`{"model":"paid","x":`), io.LimitReader(&endless{text: `[`}, 1_000_000))
			},
			"another": func() io.Reader { return io.LimitReader(&endless{text: `{"a":`}, 1_000_000) },
			"a million": func() io.Reader {
				return io.MultiReader(strings.NewReader(d.begin), io.LimitReader(&endless{text: d.item}, int64(min(1_000_000*len(d.item), 15<<20))))
			},
		} {
			want := 400
			if name == "100 MB" {
				want = 413
			}
			var all sync.WaitGroup
			for range 2 {
				all.Go(func() { p.knock(d, m.key, body(), want, "") })
			}
			all.Wait()
			if grew := p.peak() - before; grew > held {
				m.t.Errorf("%s, %s: %d MiB more", d.path, name, grew)
			}
		}
	}
}
