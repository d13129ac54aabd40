package openai_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

const recorded = `: ping

data: {"id":"c1","model":"up","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Olá"},"finish_reason":null}]}

data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}

data: [DONE]

`

func inspect(pieces ...[]byte) (openai.Seen, fault.Code, []int) {
	clock := time.Unix(100, 0)
	i := openai.NewInspector(func() time.Time { return clock })
	var firsts []int
	for n, p := range pieces {
		_, _ = i.Write(p)
		if !i.Seen().FirstContent.IsZero() {
			firsts = append(firsts, n)
		}
	}
	f := i.End()
	seen := i.Seen()
	code := fault.Code("")
	if f != nil {
		code = f.Code
	}
	if seen.Failure != nil { // causes differ in identity only
		seen.Failure = fault.New(seen.Failure.Code, fault.Cause(seen.Failure), nil)
	}
	return seen, code, firsts
}

// TestRunningTotalsAreNotSummed: vLLM may report usage with every chunk.
func TestRunningTotalsAreNotSummed(t *testing.T) {
	t.Parallel()
	stream := ""
	for _, n := range []string{"1", "2", "3"} {
		stream += `data: {"id":"c1","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":7,"completion_tokens":` + n + `}}` + "\n\n"
	}
	stream += `data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}` + "\n\ndata: [DONE]\n\n"
	want := llm.Usage{Input: 7, Output: 3}
	if seen, code, _ := inspect([]byte(stream)); code != "" || seen.Usage != want {
		t.Errorf("watched: %q %+v", code, seen.Usage)
	}
	u := up.Serve(t, []up.Act{up.Head(), up.Raw(stream)})
	c, err := openai.New(openai.Config{BaseURL: u.URL, HTTP: u.Client, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	done, err := c.Chat(t.Context(), llm.ChatRequest{Model: "m", Messages: []llm.Message{{Role: llm.User, Text: "hi"}}}, nil)
	if err != nil || done.Usage != want {
		t.Errorf("translated: %v %+v", err, done.Usage)
	}
}

func TestInspectorLearnsWithoutTouching(t *testing.T) {
	t.Parallel()
	i := openai.NewInspector(nil)
	passed, err := io.ReadAll(io.TeeReader(iotest.OneByteReader(strings.NewReader(recorded)), i))
	if err != nil || string(passed) != recorded {
		t.Fatal("bytes changed")
	}
	if f := i.End(); f != nil {
		t.Fatal(fault.Cause(f))
	}
	s := i.Seen()
	if !s.Whole || !s.Done || s.Finish != "stop" || s.Usage.Input != 7 || !s.HasUsage || s.FirstContent.IsZero() || s.Bytes != len("Olá") || s.Model != "up" {
		t.Errorf("seen %+v", s)
	}
}

func TestInspectorSeesTheFirstContentWhenItPasses(t *testing.T) {
	t.Parallel()
	_, _, firsts := inspect([]byte(": ping\n\n"), []byte(up.Content("")), []byte(up.Content("a")[:40]), []byte(up.Content("a")[40:]))
	if len(firsts) != 1 || firsts[0] != 3 {
		t.Errorf("first content seen after pieces %v", firsts)
	}
}

func TestInspectorWantsAFinishReasonForEachAnswer(t *testing.T) {
	t.Parallel()
	two := `data: {"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}` + "\n\n"
	end := `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	if _, code, _ := inspect([]byte(two + end + "data: [DONE]\n\n")); code != fault.UpstreamFailed {
		t.Errorf("one of two finished is %q", code)
	}
	if _, code, _ := inspect([]byte(two + end + strings.Replace(end, `"index":0`, `"index":1`, 1) + "data: [DONE]\n\n")); code != "" {
		t.Errorf("two of two finished is %q", code)
	}
}

func TestUsageFilterRemovesOneChunkAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		in := strings.ReplaceAll(recorded, "\n", end)
		events := strings.SplitAfter(in, end+end)
		want := strings.Join(append(append([]string{}, events[:4]...), events[5:]...), "")
		for size := 1; size < 40; size++ {
			var f openai.UsageFilter
			var out []byte
			for rest := []byte(in); len(rest) > 0; {
				n := min(size, len(rest))
				out = f.Feed(out, rest[:n])
				rest = rest[n:]
			}
			if out = f.Flush(out); string(out) != want {
				t.Fatalf("%q in pieces of %d: %q", end, size, out)
			}
		}
	}
}

func TestUsageFilterKeepsUsageBesideContent(t *testing.T) {
	t.Parallel()
	in := `data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1}}` + "\n\n" + `data: {"choices":[],"usage":null}` + "\n\n"
	var f openai.UsageFilter
	if out := f.Flush(f.Feed(nil, []byte(in))); string(out) != in {
		t.Errorf("got %q", out)
	}
}

func TestInspectWholeBodies(t *testing.T) {
	t.Parallel()
	seen, f := openai.Inspect([]byte(`{"model":"up","choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}`))
	if f != nil || !seen.Whole || seen.Usage.Input != 3 || seen.Bytes != 2 {
		t.Errorf("%+v %v", seen, f)
	}
	if seen, f = openai.Inspect([]byte(`{"object":"list","data":[{"embedding":[1]}],"usage":{"prompt_tokens":3}}`)); f != nil || seen.Usage.Input != 3 {
		t.Errorf("%+v %v", seen, f)
	}
	for _, bad := range []string{``, ` `, `{`, `{}`, `[]`, `{"error":{"message":"x"}}`, `{"choices":[]}`, `{"choices":[{"message":{"content":""}}]}`, `{"choices":[{"message":{"content":"cut"`} {
		if _, f := openai.Inspect([]byte(bad)); f == nil || f.Code != fault.UpstreamFailed {
			t.Errorf("%q is %v", bad, f)
		}
	}
}

func TestForwardPassesBytes(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Answer("a", "b"), up.Reply(418, `{"error":"teapot"}`))
	c := newClient(t, u, quick)
	body := []byte("{ \"model\" : \"m\",\"stream\":true, \"seed\":1.0e2 }")
	resp, err := c.Send(t.Context(), llm.Forward{Wire: llm.OpenAIChat, Header: http.Header{
		"Authorization": {"Bearer theirs"}, "Cookie": {"a=b"}, "X-Api-Key": {"k"}, "User-Agent": {"tool/1"}, "Content-Type": {"application/json"},
	}, Body: body, Stream: true})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Contains(got, []byte("[DONE]")) {
		t.Errorf("%q %v", got, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	asked := u.Requests()[0]
	if !bytes.Equal(asked.Body, body) || asked.Header.Get("Authorization") != "Bearer "+key || asked.Header.Get("User-Agent") != "tool/1" {
		t.Errorf("asked %+v", asked)
	}
	if asked.Header.Get("Cookie") != "" || asked.Header.Get("X-Api-Key") != "" {
		t.Error("private headers reached the provider")
	}
	resp, err = c.Send(t.Context(), llm.Forward{Wire: llm.OpenAIChat, Body: body, Stream: true})
	if err != nil || resp.StatusCode != 418 {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
	if _, err := c.Send(t.Context(), llm.Forward{Wire: "another", Body: body}); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("another wire is %v", err)
	}
}

func TestForwardEndsSilence(t *testing.T) {
	t.Parallel()
	stall := up.Wait(5 * time.Second)
	u := up.Serve(t, []up.Act{stall}, []up.Act{up.Head(), up.Say("a"), stall}, []up.Act{up.Head(), up.Say("a"), up.Cut()})
	c := newClient(t, u, quick)
	body := []byte(`{"model":"m","stream":true}`)
	if _, err := c.Send(t.Context(), llm.Forward{Wire: llm.OpenAIChat, Body: body, Stream: true}); fault.CodeOf(err) != fault.Timeout {
		t.Errorf("no first byte is %v", err)
	}
	for _, want := range []fault.Code{fault.Timeout, fault.UpstreamFailed} {
		resp, err := c.Send(t.Context(), llm.Forward{Wire: llm.OpenAIChat, Body: body, Stream: true})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		got, err := io.ReadAll(resp.Body)
		if string(got) != up.Content("a") || fault.CodeOf(err) != want {
			t.Errorf("%q %v, want %s", got, err, want)
		}
		_ = resp.Body.Close()
	}
}

// TestAWholeAnswerMayThinkFirst: what may take long to its first token has that
// time when it is not streamed, too.
func TestAWholeAnswerMayThinkFirst(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, append([]up.Act{up.Wait(400 * time.Millisecond)}, up.Reply(200, `{}`)...))
	for first, want := range map[time.Duration]fault.Code{3 * time.Second: "", 100 * time.Millisecond: fault.Timeout} {
		c := newClient(t, u, openai.Deadlines{FirstToken: first, Answer: 100 * time.Millisecond})
		resp, err := c.Send(t.Context(), llm.Forward{Wire: llm.OpenAIChat, Body: []byte(`{"model":"m"}`)})
		if fault.CodeOf(err) != want {
			t.Errorf("with %v to the first token: %v", first, err)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
	}
}

func TestClosingAForwardFreesTheProvider(t *testing.T) {
	t.Parallel()
	var u *up.Upstream
	u = up.Serve(t, []up.Act{up.Head(), up.Say("a"), func(w http.ResponseWriter, r *http.Request) { u.Stall(w, r) }})
	c := newClient(t, u, openai.Hosted())
	for name, leave := range map[string]func(*http.Response, context.CancelFunc){
		"close":  func(resp *http.Response, _ context.CancelFunc) { _ = resp.Body.Close() },
		"cancel": func(_ *http.Response, cancel context.CancelFunc) { cancel() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := c.Send(ctx, llm.Forward{Wire: llm.OpenAIChat, Body: []byte(`{"stream":true}`), Stream: true})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		start := time.Now()
		leave(resp, cancel)
		if !u.WaitGone(time.Second) || time.Since(start) > 100*time.Millisecond {
			t.Errorf("%s: freed after %v", name, time.Since(start))
		}
		if _, err := resp.Body.Read(make([]byte, 1<<16)); name == "cancel" && err != nil && fault.CodeOf(err) != fault.Canceled && !errors.Is(err, io.EOF) {
			t.Errorf("reading on is %v", err)
		}
		_ = resp.Body.Close()
		cancel()
	}
}

func FuzzInspectorDoesNotDependOnCuts(f *testing.F) {
	f.Add([]byte(recorded), []byte{3, 0, 9, 200})
	f.Add([]byte(strings.ReplaceAll(recorded, "\n", "\r\n")), []byte{16, 16, 16})
	f.Add([]byte(recorded[:300]), []byte{1})
	f.Add([]byte("event: error\ndata: {\"message\":\"x\"}\n\ndata: {\"choices\":[{\"index\":-1}]}\n\n"), []byte{5})
	f.Add([]byte(`data: {"choices":[{"delta":{"content":7}}]}`+"\n\ndata: [DONE]"), []byte{5})
	f.Fuzz(func(t *testing.T, in, how []byte) {
		want, wantCode, _ := inspect(in)
		got, code, _ := inspect(cuts(in, how)...)
		if !reflect.DeepEqual(got, want) || code != wantCode {
			t.Errorf("cut: %+v %s\nwhole: %+v %s", got, code, want, wantCode)
		}
		if want.Usage.Input < 0 || want.Usage.Cached > want.Usage.Input || want.Whole != (wantCode == "") {
			t.Errorf("impossible: %+v %s", want, wantCode)
		}
		var filter openai.UsageFilter
		var out []byte
		for _, p := range cuts(in, how) {
			out = filter.Feed(out, p)
		}
		out = filter.Flush(out)
		var at int // what is left out is left out whole: out is a subsequence of in
		for _, b := range out {
			next := bytes.IndexByte(in[at:], b)
			if next < 0 {
				t.Fatalf("the filter invented bytes: %q of %q", out, in)
			}
			at += next + 1
		}
	})
}
