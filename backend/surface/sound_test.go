package surface_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/scripted"
	"nexusai/backend/surface/audio"
)

const (
	heard = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Ol\\u00e1\", \"x\" : 1.0}\n\n: ping\r\n\r\ndata: {\"type\":\"transcript.text.delta\",\"delta\":\" mundo\"}\n\n" +
		"data: {\"type\":\"transcript.text.done\",\"text\":\"Olá mundo\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":14,\"input_token_details\":{\"audio_tokens\":10},\"output_tokens\":3}}\n\n"
	retold = "data: {\"delta\":\"Olá mundo\",\"type\":\"transcript.text.delta\"}\n\ndata: {\"text\":\"Olá mundo\",\"type\":\"transcript.text.done\"}\n\n"
	said   = "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AAEC\"}\n\ndata: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":4,\"output_tokens\":20,\"total_tokens\":24}}\n\n"
)

// form is a recording of half a second at 8 kHz, and what is asked of it.
func form(pairs ...string) string {
	out := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n" + strings.Repeat("x", 500) + "\r\n"
	for i := 0; i+1 < len(pairs); i += 2 {
		out += "--b\r\nContent-Disposition: form-data; name=\"" + pairs[i] + "\"\r\n\r\n" + pairs[i+1] + "\r\n"
	}
	return out + "--b--\r\n"
}

// TestSoundMeetsEveryKindOfAnswer: bytes where the provider has the form that is
// asked for, events made of one piece where it has not.
func TestSoundMeetsEveryKindOfAnswer(t *testing.T) {
	t.Parallel()
	hears := audio.Transcriptions{ContentType: "multipart/form-data; boundary=b"}
	for name, c := range map[string]struct {
		surface broker.Surface
		dialect openai.Dialect
		body    string
		kind    string // of the provider's answer
		answer  string
		want    string // empty: as it was
		lane    broker.Lane
		usage   llm.Usage
	}{
		"a transcript":                 {hears, openai.OpenAI(), form("model", "m", "response_format", "srt"), "text/plain; charset=utf-8", "1\n00:00 --> 00:01\nOlá\n", "", broker.LaneBytes, llm.Usage{Millis: 500, Input: 5, AudioIn: 5, Output: 6, Estimated: true}},
		"with speakers":                {hears, openai.OpenAI(), form("model", "m", "response_format", "diarized_json"), "application/json", `{"text":"Olá","segments":[{"speaker":"A"}],"duration":2.5}`, "", broker.LaneBytes, llm.Usage{Millis: 2500}},
		"a stream":                     {hears, openai.OpenAI(), form("model", "m", "stream", "true"), "text/event-stream; charset=utf-8", heard, "", broker.LaneBytes, llm.Usage{Input: 14, AudioIn: 10, Output: 3}},
		"a stream, not counted":        {hears, openai.Any(), form("model", "m", "stream", "true"), "text/event-stream", strings.Split(heard, ",\"usage\"")[0] + "}\n\n", "", broker.LaneBytes, llm.Usage{Millis: 500, Input: 5, AudioIn: 5, Output: 3, Estimated: true}},
		"a model that cannot stream":   {hears, openai.OpenAI(), form("model", "m", "stream", "true"), "application/json", `{"text":"Olá mundo"}`, retold, broker.LaneBytes, llm.Usage{Millis: 500, Input: 5, AudioIn: 5, Output: 3, Estimated: true}},
		"and says it as text":          {hears, openai.OpenAI(), form("model", "m", "stream", "true", "response_format", "text"), "text/plain", "Olá mundo\n", retold, broker.LaneBytes, llm.Usage{Millis: 500, Input: 5, AudioIn: 5, Output: 3, Estimated: true}},
		"a vendor with its own events": {hears, openai.Mistral(), form("model", "m", "stream", "true"), "application/json", `{"text":"Olá mundo","usage":{"type":"duration","seconds":2}}`, retold, broker.LaneTranslated, llm.Usage{Millis: 2000}},
		"an engine with its own":       {hears, openai.VLLM(), form("model", "m", "stream", "1"), "application/json", `{"text":"Olá mundo","usage":{"type":"duration","seconds":2}}`, retold, broker.LaneTranslated, llm.Usage{Millis: 2000}},
		"speech":                       {audio.Speech{}, openai.OpenAI(), `{"model":"m","voice":{"id":"v"},"input":"four", "x":1.0}`, "audio/mpeg", "\xff\xfb\x00ID3", "", broker.LaneBytes, llm.Spoken(4)},
		"speech in events":             {audio.Speech{}, openai.OpenAI(), `{"model":"m","voice":"v","input":"four","stream_format":"sse"}`, "text/event-stream", said, "", broker.LaneBytes, llm.Usage{Input: 4, Output: 20, AudioOut: 20}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := scripted.Serve(t, scripted.Reply(200, c.answer, "Content-Type", c.kind))
			client, err := openai.New(openai.Config{BaseURL: u.URL, APIKey: "sk-test", Dialect: c.dialect, HTTP: u.Client, Log: quiet})
			if err != nil {
				t.Fatal(err)
			}
			got, report, err := tell(t, broker.Deployment{ID: "d", Model: "real", Client: client, Forwarder: client}, c.surface, c.body)
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			want := c.want
			if want == "" {
				want = c.answer
			}
			a := report.Attempts[0]
			if got != want || a.Lane != c.lane || a.Usage != c.usage {
				t.Errorf("%q %s %+v", got, a.Lane, a.Usage)
			}
			sent := string(u.Requests()[0].Body)
			if c.lane == broker.LaneBytes && sent != strings.NewReplacer("\r\n\r\nm\r\n", "\r\n\r\nreal\r\n", `"m"`, `"real"`).Replace(c.body) {
				t.Errorf("sent %q", sent)
			}
			if c.lane == broker.LaneTranslated && strings.Contains(sent, `name="stream"`) {
				t.Errorf("asked for events that nobody here reads: %q", sent)
			}
		})
	}
}

func tell(t *testing.T, d broker.Deployment, s broker.Surface, body string) (text string, report broker.Report, err error) {
	t.Helper()
	b, err := broker.New(broker.Config{Routes: only{d}, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	answer, err := b.Forward(ctx, broker.ForwardRequest{
		Surface: s, Body: []byte(body), Header: http.Header{"Content-Type": {"multipart/form-data; boundary=b"}}, Done: func(r broker.Report) { report = r },
	})
	if err != nil {
		return "", report, err
	}
	got, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	return string(got), report, err
}

// TestHalfATranscriptSaysSo: OpenAI's clients raise on the event at its end.
func TestHalfATranscriptSaysSo(t *testing.T) {
	t.Parallel()
	half, _, _ := strings.Cut(heard, ": ping")
	for name, end := range map[string]scripted.Act{
		"cut": scripted.Cut(), "no last event": scripted.Raw(""), "garbage": scripted.Raw("data: <html>\n\n"),
		"an error": scripted.Raw("event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"x\",\"code\":\"server_error\"}}\n\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan struct{})
			u := scripted.Serve(t, []scripted.Act{scripted.Head(), scripted.Raw(half), func(http.ResponseWriter, *http.Request) { <-seen }, end})
			client, err := openai.New(openai.Config{BaseURL: u.URL, Dialect: openai.OpenAI(), HTTP: u.Client, Log: quiet})
			if err != nil {
				t.Fatal(err)
			}
			b, err := broker.New(broker.Config{Routes: only{broker.Deployment{ID: "d", Model: "real", Forwarder: client}}, Log: quiet})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := b.Forward(t.Context(), broker.ForwardRequest{Surface: audio.Transcriptions{ContentType: "multipart/form-data; boundary=b"}, Body: []byte(form("model", "m", "stream", "true"))})
			close(seen)
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			got, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if fault.CodeOf(err) != fault.UpstreamFailed || !strings.HasPrefix(string(got), half+`data: {"error":{`) {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

// TestWhoSpeaksOnlyItsOwnProviderSays: no vocabulary of ours has speakers, nor
// sound in events.
func TestWhoSpeaksOnlyItsOwnProviderSays(t *testing.T) {
	t.Parallel()
	u := scripted.Serve(t, scripted.Reply(200, `{"text":"a"}`))
	client, err := openai.New(openai.Config{BaseURL: u.URL, Dialect: openai.Mistral(), HTTP: u.Client, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	hears := audio.Transcriptions{ContentType: "multipart/form-data; boundary=b"}
	for body, s := range map[string]broker.Surface{
		form("model", "m", "stream", "true", "response_format", "diarized_json"): hears,
		`{"model":"m","voice":"v","input":"a","stream_format":"sse"}`:            audio.Speech{},
	} {
		_, report, err := tell(t, broker.Deployment{ID: "d", Model: "real", Client: client, Forwarder: client}, s, body)
		if fault.CodeOf(err) != fault.BadRequest || len(report.Attempts) != 1 || report.Attempts[0].Usage != (llm.Usage{}) {
			t.Errorf("%v %+v", err, report.Attempts)
		}
	}
}
