package main

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	up "nexusai/backend/provider/openai/openaitest"
)

// TestATerminatedServerLetsStreamsEnd: who is being answered is answered, who
// comes now is told when to come back, and then the process ends well.
func TestATerminatedServerLetsStreamsEnd(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	until := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}
	upstream := up.Serve(t, []up.Act{up.Head(), up.Say("half"), until, up.Say(" whole"), up.Finish("stop"), up.Usage(3, 2), up.Done()})
	dir := folder(t)
	p := start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme := newTeam(t, dir, upstream.URL)
	ask := func() *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/v1/chat/completions", strings.NewReader(`{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+acme.key)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("%v\n%s", err, p.log)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	running := ask()
	if _, err := io.ReadFull(running.Body, make([]byte, len(up.Content("half")))); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGTERM)
	p.until("/readyz", http.StatusServiceUnavailable, 10*time.Second)
	if late := ask(); late.StatusCode != http.StatusServiceUnavailable || late.Header.Get("Retry-After") == "" {
		t.Errorf("a new request got %d %v", late.StatusCode, late.Header)
	}
	select {
	case <-p.done:
		t.Error("the server did not wait for the stream")
	case <-time.After(500 * time.Millisecond):
	}
	close(end)
	if rest, err := io.ReadAll(running.Body); err != nil || !strings.HasPrefix(string(rest), up.Content(" whole")) || !strings.HasSuffix(string(rest), "data: [DONE]\n\n") {
		t.Errorf("%q %v", rest, err)
	}
	if code := p.ended(30 * time.Second); code != 0 {
		t.Errorf("exit status %d\n%s", code, p.log)
	}
	if n := len(upstream.Requests()); n != 1 {
		t.Errorf("the provider was asked %d times", n)
	}
	start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme.have(`select count(*) from inference_log where state = 'ok' and output_tokens = 2`, 1)
}
