package openai_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

func speaking(t *testing.T, u *up.Upstream, d openai.Dialect) *openai.Client {
	t.Helper()
	c, err := openai.New(openai.Config{BaseURL: u.URL, APIKey: key, Dialect: d, HTTP: u.Client, Deadlines: quick, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fields are those of a form, as any server reads it.
func fields(t *testing.T, asked up.Request) string {
	t.Helper()
	_, params, err := mime.ParseMediaType(asked.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	form, out := multipart.NewReader(bytes.NewReader(asked.Body), params["boundary"]), []string{}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return strings.Join(out, " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		value, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		one := part.FormName() + "=" + string(value)
		if part.FileName() != "" {
			one += "(" + part.FileName() + ")"
		}
		out = append(out, one)
	}
}

func TestTranscribe(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Reply(200, `{"task":"transcribe","language":"english","duration":2.5,"text":" Hello\n there.\n","segments":[
		{"id":0,"start":0,"end":1.2,"text":" Hello","words":[{"word":" Hello","start":0.1,"end":1}]},{"id":1,"start":1.2,"end":2.5,"text":" there."}]}`))
	got, err := speaking(t, u, openai.Any()).Transcribe(t.Context(), llm.TranscribeRequest{
		Model: "whisper-1", Sound: []byte("RIFF"), FileName: "a b.wav", Language: "en", Temperature: pointer(0.0), Words: true,
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	if got.Text != "Hello there." || got.Language != "english" || len(got.Segments) != 2 || got.Segments[1].From != 1200*time.Millisecond ||
		len(got.Words) != 1 || got.Usage != (llm.Usage{Millis: 2500}) {
		t.Errorf("got %+v", got)
	}
	asked := u.Requests()[0]
	want := "file=RIFF(a b.wav) model=whisper-1 language=en temperature=0 response_format=verbose_json timestamp_granularities[]=word timestamp_granularities[]=segment"
	if got := fields(t, asked); asked.Path != "/v1/audio/transcriptions" || got != want {
		t.Errorf("sent %s to %s", got, asked.Path)
	}
}

func TestNewerModelsAnswerInPlainJSON(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Reply(200, `{"text":"hi","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":3,"total_tokens":17}}`))
	got, err := speaking(t, u, openai.OpenAI()).Transcribe(t.Context(), llm.TranscribeRequest{Model: "gpt-4o-transcribe", Sound: []byte("x"), Words: true})
	if err != nil || got.Usage != (llm.Usage{Input: 14, AudioIn: 10, Output: 3}) || got.Text != "hi" {
		t.Errorf("%v %+v", err, got)
	}
	if got := fields(t, u.Requests()[0]); got != "file=x(speech.wav) model=gpt-4o-transcribe response_format=json" {
		t.Errorf("sent %s", got)
	}
}

func TestTranscribingFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script []up.Act
		code   fault.Code
	}{
		"no sound":  {up.Reply(400, `{"error":"failed to read audio data"}`), fault.BadRequest},
		"no words":  {up.Reply(200, `{"error":"failed to process audio"}`), fault.UpstreamFailed},
		"no answer": {up.Reply(200, ``), fault.UpstreamFailed},
		"garbage":   {up.Reply(200, `<html>`), fault.UpstreamFailed},
		"limit":     {up.Reply(429, `{}`, "Retry-After", "2"), fault.RateLimited},
	} {
		_, err := speaking(t, up.Serve(t, c.script), openai.Any()).Transcribe(t.Context(), llm.TranscribeRequest{Model: "m", Sound: []byte("x")})
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	u := up.Serve(t, up.Reply(200, `{}`))
	if _, err := speaking(t, u, openai.DeepSeek()).Transcribe(t.Context(), llm.TranscribeRequest{Model: "m", Sound: []byte("x")}); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("DeepSeek hears: %v", err)
	}
}

func TestWhisperDoesOneThingAtATime(t *testing.T) {
	t.Parallel()
	var inside, most atomic.Int32
	entered, release := make(chan struct{}, 100), make(chan struct{})
	u := up.Serve(t, []up.Act{func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), inside.Add(1)))
		entered <- struct{}{}
		<-release
		inside.Add(-1)
		_, _ = io.WriteString(w, `{"text":"ok"}`)
	}})
	c := speaking(t, u, openai.Whisper())
	if c.Speaks(llm.OpenAITranscribe) {
		t.Error("bytes would pass the queue by")
	}
	const callers = 17 // one inside, 16 wait
	done := make(chan error, callers)
	for range callers {
		go func() {
			_, err := c.Transcribe(t.Context(), llm.TranscribeRequest{Model: "base", Sound: []byte("x")})
			done <- err
		}()
	}
	<-entered
	left, cancel := context.WithCancel(t.Context())
	cancel()
	for code := fault.Canceled; code != fault.RateLimited; { // until all have come: who leaves takes no place
		_, err := c.Transcribe(left, llm.TranscribeRequest{Model: "base", Sound: []byte("x")})
		if code = fault.CodeOf(err); code != fault.RateLimited && code != fault.Canceled {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	close(release)
	for range callers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d at a time", most.Load())
	}
}

func TestSpeak(t *testing.T) {
	t.Parallel()
	sound := bytes.Repeat([]byte{0xff, 0xfb, 0}, 5000)
	u := up.Serve(t, []up.Act{func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/mpeg")
		_, _ = w.Write(sound[:6000])
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(sound[6000:])
	}})
	got, err := speaking(t, u, openai.OpenAI()).Speak(t.Context(), llm.SpeechRequest{Model: "tts-1", Text: "Olá, mundo", Voice: "nova", Speed: pointer(0.5)})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	heard, err := io.ReadAll(got.Sound)
	_ = got.Sound.Close()
	if err != nil || !bytes.Equal(heard, sound) || got.ContentType != "audio/mpeg" {
		t.Errorf("%v, %d bytes of %s", err, len(heard), got.ContentType)
	}
	if got.Usage != (llm.Usage{Characters: 10, Input: 3, Output: 15, AudioOut: 15, Estimated: true}) {
		t.Errorf("usage %+v", got.Usage)
	}
	var sent map[string]any
	if err := json.Unmarshal(u.Requests()[0].Body, &sent); err != nil || sent["input"] != "Olá, mundo" || sent["voice"] != "nova" || sent["speed"] != 0.5 || sent["response_format"] != nil {
		t.Errorf("%v: sent %v", err, sent)
	}
}

func TestSpeakingFails(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Reply(401, `{"error":{"message":"bad key `+key+`","code":"invalid_api_key"}}`))
	if _, err := speaking(t, u, openai.OpenAI()).Speak(t.Context(), llm.SpeechRequest{Model: "tts-1", Text: "a"}); fault.CodeOf(err) != fault.UpstreamRefused || bytes.Contains([]byte(fault.Cause(err)), []byte(key)) {
		t.Errorf("%v: %s", err, fault.Cause(err))
	}
	if _, err := speaking(t, u, openai.OpenAI()).Speak(t.Context(), llm.SpeechRequest{Model: "tts-1", Text: "a", Format: "midi"}); fault.CodeOf(err) != fault.BadRequest {
		t.Error(err)
	}
	silent := up.Serve(t, []up.Act{up.Head(), up.Raw("abc"), up.Wait(5 * time.Second)})
	got, err := speaking(t, silent, openai.OpenAI()).Speak(t.Context(), llm.SpeechRequest{Model: "tts-1", Text: "a"})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Sound.Close()
	if _, err := io.ReadAll(got.Sound); fault.CodeOf(err) != fault.Timeout {
		t.Errorf("silence is %v", err)
	}
}

func TestRerank(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dialect openai.Dialect
		answer  string
		returns any // what is sent as return_documents
		usage   llm.Usage
	}{
		"vllm":      {openai.VLLM(), `{"id":"r","model":"m","usage":{"total_tokens":56},"results":[{"index":1,"document":{"text":"b"},"relevance_score":0.99},{"index":0,"relevance_score":0.1}]}`, false, llm.Usage{Input: 56}},
		"cohere":    {openai.Cohere(), `{"id":"r","results":[{"index":1,"relevance_score":0.99},{"index":0,"relevance_score":0.1}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}`, nil, llm.Usage{Searches: 1}},
		"jina":      {openai.Jina(), `{"model":"m","object":"list","usage":{"total_tokens":38,"prompt_tokens":38},"results":[{"index":0,"relevance_score":0.1},{"index":1,"relevance_score":0.99}]}`, false, llm.Usage{Input: 38}},
		"llama.cpp": {openai.LlamaCPP(), `{"model":"m","object":"list","usage":{"prompt_tokens":7,"total_tokens":7},"results":[{"index":0,"relevance_score":-4.1},{"index":1,"relevance_score":3.2}]}`, false, llm.Usage{Input: 7}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := up.Serve(t, up.Reply(200, c.answer))
			got, err := speaking(t, u, c.dialect).Rerank(t.Context(), llm.RerankRequest{Model: "m", Query: "q", Documents: []string{"a", "b"}, Top: 2})
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			if len(got.Ranks) != 2 || got.Ranks[0].Index != 1 || got.Ranks[0].Score < got.Ranks[1].Score || got.Usage != c.usage {
				t.Errorf("got %+v", got)
			}
			var sent map[string]any
			if err := json.Unmarshal(u.Requests()[0].Body, &sent); err != nil || sent["top_n"] != 2.0 || sent["return_documents"] != c.returns {
				t.Errorf("%v: sent %v", err, sent)
			}
		})
	}
	for name, answer := range map[string]string{
		"twice": `{"results":[{"index":0,"relevance_score":1},{"index":0,"relevance_score":1}]}`, "far": `{"results":[{"index":9,"relevance_score":1}]}`,
		"none": `{"results":[]}`, "no score": `{"results":[{"index":0}]}`, "error": `{"error":{"message":"x"}}`, "list": `[]`,
	} {
		u := up.Serve(t, up.Reply(200, answer))
		if _, err := speaking(t, u, openai.VLLM()).Rerank(t.Context(), llm.RerankRequest{Model: "m", Query: "q", Documents: []string{"a", "b"}}); fault.CodeOf(err) != fault.UpstreamFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAzureHearsAtADeployment(t *testing.T) {
	t.Parallel()
	u := up.Serve(t, up.Reply(200, `{"text":"hi"}`))
	c := speaking(t, u, openai.Azure("https://x.openai.azure.com/openai", ""))
	if _, err := c.Transcribe(t.Context(), llm.TranscribeRequest{Model: "ear 1", Sound: []byte("x")}); err != nil {
		t.Fatal(fault.Cause(err))
	}
	form := u.Requests()[0]
	resp, err := c.Send(t.Context(), llm.Forward{Wire: llm.OpenAITranscribe, Body: form.Body, Header: form.Header})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	_ = resp.Body.Close()
	for _, asked := range u.Requests() {
		if asked.Path != "/v1/deployments/ear 1/audio/transcriptions" || !bytes.Equal(asked.Body, form.Body) || asked.Header.Get("Content-Type") != form.Header.Get("Content-Type") {
			t.Errorf("asked %s as %s", asked.Path, asked.Header.Get("Content-Type"))
		}
	}
}
