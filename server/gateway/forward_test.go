package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/provider/scripted"
)

const chat = `{"model":"fast","messages":[{"role":"user","content":"hi"}],"user":"u-1","x_custom":{"b":1,"a":[2]}`

func TestStreamPassesThroughByteForByte(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ping := ": keep-alive\n\n"
	odd := "event: x\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"é\\u0000\"},\"vendor\":1}],\"id\":\"c1\"}\r\n\r\n"
	upstream := up.Serve(t, []up.Act{up.Head(), up.Raw(ping), up.Say("Hel"), up.Raw(odd), up.Finish("stop"), up.Usage(7, 2), up.Done()})
	w.serve(upstream.URL)
	resp := w.send("/v1/chat/completions", chat+`,"stream":true}`)
	got := text(t, resp)
	finish := "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	if want := ping + up.Content("Hel") + odd + finish + "data: [DONE]\n\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if resp.StatusCode != 200 || resp.Header.Get("X-Request-Id") == "" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	sent := upstream.Requests()[0]
	want := strings.Replace(chat, `"fast"`, `"vendor/fast-1"`, 1) + `,"stream":true,"stream_options":{"include_usage":true}}`
	if string(sent.Body) != want {
		t.Errorf("sent %s\nwant %s", sent.Body, want)
	}
	if sent.Header.Get("Authorization") != "Bearer upstream-key" || strings.Contains(string(sent.Body), w.tenant) {
		t.Errorf("headers %v", sent.Header)
	}
	row, booked := w.row()
	if row.State != "ok" || row.InputTokens != 7 || row.OutputTokens != 2 || row.CostNanoUSD != 9 || booked != 9 || !row.Streamed ||
		row.Deployment != "Scripted · vendor/fast-1" || row.FirstMS == 0 || row.Estimated || row.Unpriced || row.RequestID != resp.Header.Get("X-Request-Id") {
		t.Errorf("row %+v, booked %d", row, booked)
	}
}

func TestUsageChunkStaysWhenAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(up.Serve(t, up.Answer("a")).URL)
	got := text(t, w.send("/v1/chat/completions", chat+`,"stream":true,"stream_options":{"include_usage":true}}`))
	if !strings.Contains(got, `"usage"`) || !strings.Contains(got, `"choices":[]`) {
		t.Errorf("got %s", got)
	}
}

func TestWholeAnswersPassThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],  "usage":{"prompt_tokens":4,"completion_tokens":1}}`
	w.serve(up.Serve(t, up.Reply(200, body)).URL)
	resp := w.send("/v1/chat/completions", chat+`}`)
	if got := text(t, resp); got != body || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %s %v", got, resp.Header)
	}
	if row, booked := w.row(); row.InputTokens != 4 || row.Streamed || booked != 5 {
		t.Errorf("row %+v, booked %d", row, booked)
	}
}

func TestEmbeddingsPassThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"model":"embed-1","usage":{"prompt_tokens":3,"total_tokens":3}}`
	upstream := up.Serve(t, up.Reply(200, body))
	w.serve(upstream.URL)
	if got := text(t, w.send("/v1/embeddings", `{"model":"embed","input":["query: a"],"encoding_format":"base64","dimensions":1}`)); got != body {
		t.Errorf("got %s", got)
	}
	if sent := string(upstream.Requests()[0].Body); sent != `{"model":"embed-1","input":["query: a"],"encoding_format":"base64","dimensions":1}` {
		t.Errorf("sent %s", sent)
	}
	if row, _ := w.row(); row.Operation != "embeddings" || row.InputTokens != 3 || !row.Unpriced {
		t.Errorf("row %+v", row)
	}
}

func TestACutStreamIsNoSuccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(up.Serve(t, []up.Act{up.Head(), up.Say("half"), up.Raw("data: {\"cho"), up.Cut()}).URL)
	got := text(t, w.send("/v1/chat/completions", chat+`,"stream":true}`))
	if !strings.HasPrefix(got, up.Content("half")) || strings.Contains(got, "[DONE]") || !strings.Contains(got, "\n\ndata: {\"error\":{") || !strings.Contains(got, "upstream_failed") {
		t.Errorf("got %q", got)
	}
	if row, booked := w.row(); row.State != "failed" || row.ErrorCode != "upstream.failed" || !row.Estimated || row.OutputTokens == 0 || booked != row.CostNanoUSD {
		t.Errorf("row %+v, booked %d", row, booked)
	}
}

// TestACallerWhoLeavesFreesTheProvider: within 100 ms, with the connection as the
// only sign, and what had come is booked as an estimate.
func TestACallerWhoLeavesFreesTheProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more   string
		says   []up.Act
		output int
	}{
		"a stream":            {`,"stream":true}`, []up.Act{up.Head(), up.Say("a few words")}, 3},
		"before its first":    {`,"stream":true}`, nil, 0},
		"of an answer whole":  {`}`, nil, 0},
		"a whole one, headed": {`}`, []up.Act{scripted.Head("Content-Type", "application/json"), up.Raw(`{"id":`)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ctx, leave := context.WithCancel(t.Context())
			left := make(chan time.Time, 1)
			var upstream *up.Upstream
			upstream = up.Serve(t, append(c.says, func(rw http.ResponseWriter, r *http.Request) {
				if n := w.calls.Running(w.tenant); n != 1 {
					t.Errorf("%d calls in flight", n)
				}
				time.Sleep(20 * time.Millisecond) // until what was said has passed
				left <- time.Now()
				leave()
				upstream.Stall(rw, r)
			}))
			w.serve(upstream.URL)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL+"/v1/chat/completions", strings.NewReader(chat+c.more))
			w.must(err)
			r.Header.Set("Authorization", "Bearer "+w.tenant)
			if resp, err := http.DefaultClient.Do(r); err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			gone := upstream.WaitGone(5 * time.Second)
			if took := time.Since(<-left); !gone || took > 100*time.Millisecond {
				t.Errorf("the provider was freed after %v", took)
			}
			row, booked := w.row()
			if row.State != "stopped" || row.ErrorCode != "canceled" || !row.Estimated || row.InputTokens == 0 || row.OutputTokens != c.output || booked != int64(row.InputTokens+row.OutputTokens) || booked != row.CostNanoUSD {
				t.Errorf("row %+v, booked %d", row, booked)
			}
		})
	}
}

func TestBodiesOver8MBAreRefusedInConstantMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, body := range map[string]io.Reader{
		"announced": bytes.NewReader(make([]byte, 50<<20)),
		"chunked":   struct{ io.Reader }{io.LimitReader(zeros{}, 50<<20)},
	} {
		resp, err := w.upload(body)
		if err != nil { // the server may hang up while we still send
			continue
		}
		var shape struct{ Error struct{ Code string } }
		if err := json.NewDecoder(resp.Body).Decode(&shape); err != nil || resp.StatusCode != 413 || shape.Error.Code != "request_too_large" {
			t.Errorf("%s: %d %+v %v", name, resp.StatusCode, shape, err)
		}
		resp.Body.Close()
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func (w *world) upload(body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.URL+"/v1/chat/completions", body)
	w.must(err)
	r.Header.Set("Authorization", "Bearer "+w.tenant)
	return http.DefaultClient.Do(r)
}
