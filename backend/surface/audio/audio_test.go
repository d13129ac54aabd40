package audio_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/audio"
)

// post is a form as Go's own writer makes it: pairs of name and value; the file
// is "file".
func post(t testing.TB, pairs ...string) (kind string, body []byte) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for i := 0; i+1 < len(pairs); i += 2 {
		var part io.Writer
		var err error
		if pairs[i] == "file" {
			part, err = w.CreateFormFile("file", "speech.wav")
		} else {
			part, err = w.CreateFormField(pairs[i])
		}
		_, werr := io.WriteString(part, pairs[i+1])
		if errors.Join(err, werr) != nil {
			t.Fatal(err, werr)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), buf.Bytes()
}

type ears struct{ llm.Client }

func (ears) Transcribe(_ context.Context, req llm.TranscribeRequest) (llm.Transcript, error) {
	if string(req.Sound) != "RIFF\r\n--x" || req.FileName != "speech.wav" || req.Language != "pt" || req.Model != "real" || *req.Temperature != 0.5 {
		return llm.Transcript{}, fault.New(fault.BadRequest, "", nil)
	}
	return llm.Transcript{
		Text: "olá mundo", Language: "portuguese", Duration: 3661500 * time.Millisecond, Usage: llm.Usage{Millis: 3661500},
		Segments: []llm.Segment{{To: 1500 * time.Millisecond, Text: " olá"}, {From: 1500 * time.Millisecond, To: 3661500 * time.Millisecond, Text: " mundo"}},
		Words:    []llm.Word{{To: time.Second, Text: "olá"}},
	}, nil
}

func TestTranscribesInEveryFormat(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"":             `{"text":"olá mundo"}`,
		"json":         `{"text":"olá mundo"}`,
		"text":         "olá mundo\n",
		"srt":          "1\n00:00:00,000 --> 00:00:01,500\nolá\n\n2\n00:00:01,500 --> 01:01:01,500\nmundo\n\n",
		"vtt":          "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nolá\n\n00:00:01.500 --> 01:01:01.500\nmundo\n\n",
		"verbose_json": `{"task":"transcribe","language":"portuguese","duration":3661.5,"text":"olá mundo","words":[{"word":"olá","start":0,"end":1}],"segments":[{"id":0,"start":0,"end":1.5,"text":" olá"},{"id":1,"start":1.5,"end":3661.5,"text":" mundo"}]}`,
	} {
		pairs := []string{"model", "m", "language", "pt", "temperature", "0.5", "timestamp_granularities[]", "word", "timestamp_granularities[]", "segment", "file", "RIFF\r\n--x"}
		if format != "" {
			pairs = append(pairs, "response_format", format)
		}
		kind, body := post(t, pairs...)
		r, err := audio.Transcriptions{ContentType: kind}.Read(body)
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		answer, err := r.(broker.Doer).Do(t.Context(), ears{}, "real")
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		if got, _ := io.ReadAll(answer.Body); string(got) != want || answer.Usage.Millis != 3661500 {
			t.Errorf("%s is %q", format, got)
		}
		kindOf := "text/plain; charset=utf-8" // by which clients tell a text from an object
		if strings.HasPrefix(want, "{") {
			kindOf = "application/json"
		}
		if answer.ContentType != kindOf {
			t.Errorf("%s comes as %s", format, answer.ContentType)
		}
	}
}

func TestRewriteChangesOnlyTheModel(t *testing.T) {
	t.Parallel()
	kind, body := post(t, "file", "RIFF model m", "model", "mm", "prompt", "mm")
	r, err := audio.Transcriptions{ContentType: kind}.Read(body)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	want := bytes.Replace(body, []byte("\r\n\r\nmm\r\n"), []byte("\r\n\r\nreal\r\n"), 1)
	if got := r.Rewrite("real", 0); !bytes.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if b := r.Bound(); b.Millis != 12 {
		t.Errorf("%+v", b)
	}
}

func TestAWavSaysHowLongItIs(t *testing.T) {
	t.Parallel()
	wav := "RIFF....WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data...." + strings.Repeat("\x00", 64000)
	kind, body := post(t, "model", "m", "file", wav)
	r, err := audio.Transcriptions{ContentType: kind}.Read(body)
	if err != nil || r.Bound().Millis != 2001 {
		t.Errorf("%+v %v", r.Bound(), err)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for field, pairs := range map[string][]string{
		"model": {"file", "x"}, "file": {"model", "m"}, "file ": {"model", "m", "file", ""}, "response_format": {"model", "m", "file", "x", "response_format", "pdf"},
		"temperature": {"model", "m", "file", "x", "temperature", "hot"}, "stream": {"model", "m", "file", "x", "stream", "later"}, "response_format ": {"model", "m", "file", "x", "stream", "true", "response_format", "srt"}, "model ": {"model", "m", "model", "n", "file", "x"},
		"prompt": {"model", "m", "file", "x", "prompt", "\xff"},
	} {
		kind, body := post(t, pairs...)
		_, err := audio.Transcriptions{ContentType: kind}.Read(body)
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != strings.TrimSpace(field) {
			t.Errorf("%q is %+v", pairs, f)
		}
	}
	kind, body := post(t, "model", "m", "file", "x")
	for name, c := range map[string]struct {
		kind string
		body []byte
	}{"JSON": {"application/json", body}, "another boundary": {"multipart/form-data; boundary=other", body}, "cut": {kind, body[:len(body)-20]}, "empty": {kind, nil}, "preamble": {kind, append([]byte("\r\n"), body...)}} {
		if _, err := (audio.Transcriptions{ContentType: c.kind}).Read(c.body); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s is %v", name, err)
		}
	}
	for field, bad := range map[string]string{
		"model": `{"input":"a","voice":"v"}`, "input": `{"model":"m"}`, "response_format": `{"model":"m","input":"a","response_format":"pdf"}`, "stream_format": `{"model":"m","input":"a","stream_format":"rtp"}`, "speed": `{"model":"m","input":"a","speed":"x"}`,
	} {
		_, err := audio.Speech{}.Read([]byte(bad))
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != field {
			t.Errorf("%s is %+v", bad, f)
		}
	}
}

func TestInspectsTranscripts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]llm.Usage{
		`{"text":"a"}`: {}, `{"text":"a","duration":2.5}`: {Millis: 2500}, `{"text":"a","usage":{"type":"duration","seconds":3}}`: {Millis: 3000},
		`{"text":"a","usage":{"type":"tokens","input_tokens":9,"output_tokens":2,"input_token_details":{"audio_tokens":8}}}`: {Input: 9, AudioIn: 8, Output: 2},
	} {
		if seen, f := (audio.Transcriptions{}).Inspect([]byte(body)); f != nil || seen.Usage != want || seen.HasUsage != (want != llm.Usage{}) {
			t.Errorf("%s is %+v %v", body, seen, f)
		}
	}
	if _, f := (audio.Transcriptions{}).Inspect([]byte(`{"error":{}}`)); f == nil {
		t.Error("an error is a transcript")
	}
}

// TestAStreamIsSeenHoweverItIsCut feeds it byte by byte and as a whole.
func TestAStreamIsSeenHoweverItIsCut(t *testing.T) {
	t.Parallel()
	stream := "data: {\"type\":\"transcript.text.delta\",\"delta\":\"ol\"}\r\n\r\ndata: {\"type\":\"transcript.text.segment\",\"speaker\":\"A\",\"text\":\"ol\"}\n\n" +
		"data: {\"type\":\"transcript.text.done\",\"text\":\"olá\",\"usage\":{\"type\":\"duration\",\"seconds\":1.5}}\n\ndata: [DONE]\n\n"
	for _, size := range []int{1, len(stream)} {
		w := audio.Transcriptions{}.Watch(nil, nil)
		var got []byte
		for rest := stream; rest != ""; rest = rest[min(size, len(rest)):] {
			got = w.Feed(got, []byte(rest[:min(size, len(rest))]))
		}
		got = w.Flush(got)
		seen := w.Seen()
		if f := w.End(); f != nil || string(got) != stream || w.Open() || !seen.Whole || seen.Bytes != 4 || seen.Usage != (llm.Usage{Millis: 1500}) || seen.FirstContent.IsZero() {
			t.Errorf("by %d: %v %+v %q", size, f, seen, got)
		}
	}
	silent := audio.Transcriptions{}.Watch(nil, nil)
	silent.Feed(nil, []byte(": ping\n\n"))
	if f := silent.End(); f == nil {
		t.Error("nothing is a transcript")
	}
}

type mouth struct{ llm.Client }

func (mouth) Speak(_ context.Context, req llm.SpeechRequest) (llm.Speech, error) {
	if req.Text != "olá" || req.Voice != "v" || *req.Speed != 2 || req.Model != "real" || req.Format != "wav" {
		return llm.Speech{}, fault.New(fault.BadRequest, "", nil)
	}
	return llm.Speech{Sound: io.NopCloser(strings.NewReader("RIFF")), ContentType: "audio/wav", Usage: llm.Usage{Characters: 3}}, nil
}

func TestSpeaks(t *testing.T) {
	t.Parallel()
	body := `{"model":"m","input":"olá","voice":"v","speed":2,"response_format":"wav"}`
	r, err := audio.Speech{}.Read([]byte(body))
	if err != nil || r.Bound().Chars != 3 || string(r.Rewrite("real", 0)) != strings.Replace(body, `"m"`, `"real"`, 1) {
		t.Fatal(r, err)
	}
	answer, err := r.(broker.Doer).Do(t.Context(), mouth{}, "real")
	if err != nil || answer.ContentType != "audio/wav" || answer.Usage.Characters != 3 {
		t.Errorf("%+v %v", answer, err)
	}
	if _, err := r.(broker.Doer).Do(t.Context(), struct{ llm.Client }{}, "real"); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("a mute provider is %v", err)
	}
}

// FuzzForm compares the places that are found with what Go's own reader sees.
func FuzzForm(f *testing.F) {
	kind, body := post(f, "model", "m", "file", "x\r\n-", "language", "pt")
	f.Add(kind, body)
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=model\r\n\r\n\r\n--b--"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r, err := audio.Transcriptions{ContentType: kind}.Read(body)
		if err != nil {
			return
		}
		again, err := audio.Transcriptions{ContentType: kind}.Read(r.Rewrite(r.Model(), 0))
		if err != nil || again.Model() != r.Model() || !bytes.Equal(r.Rewrite(r.Model(), 0), body) {
			t.Errorf("%q of %q does not stay the same: %v", body, kind, err)
		}
		_, params, _ := mime.ParseMediaType(kind)
		form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(1 << 20)
		if err == nil && (len(form.Value["model"]) != 1 || form.Value["model"][0] != r.Model()) {
			t.Errorf("%q of %q names %q, not %q", body, kind, form.Value["model"], r.Model())
		}
	})
}

// TestAPieceOfSoundThatIsCutStaysOpen: whatever is said after it must not stand
// in its middle.
func TestAPieceOfSoundThatIsCutStaysOpen(t *testing.T) {
	t.Parallel()
	w := audio.Transcriptions{}.Watch(nil, time.Now)
	half := append([]byte(`data: {"type":"speech.audio.delta","audio":"`), bytes.Repeat([]byte("A"), 9<<20)...)
	if w.Feed(nil, half); !w.Open() {
		t.Error("half of a large event was passed on, and nobody knows")
	}
	if w.Flush(nil); !w.Open() || w.End() == nil || w.Seen().FirstContent.IsZero() {
		t.Errorf("the end of the stream ended it: %v, %v", w.Open(), w.End())
	}
	w = audio.Transcriptions{}.Watch(nil, time.Now)
	if w.Flush(nil); fault.CodeOf(w.End()) != fault.UpstreamFailed || !w.Seen().FirstContent.IsZero() {
		t.Errorf("no event at all is %v", w.End())
	}
}
