package audio_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/audio"
)

// form writes a form as Go does, which is as the official clients do.
func form(t testing.TB, sound []byte, fields ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", `a "b".wav`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(sound); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteField("model", "whisper-1"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestARecordingKeepsItsBytes(t *testing.T) {
	t.Parallel()
	sound := []byte("RIFF\r\n--nearly\r\n\r\n\x00\xff--\r\n")
	body := form(t, sound, "language", "pt", "temperature", "0.5", "response_format", "vtt", "timestamp_granularities[]", "word", "timestamp_granularities[]", "segment", "later", "x", "prompt", "")
	r, err := audio.ReadRecording(body)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	if r.Model != "whisper-1" || r.FileName != `a "b".wav` || r.Language != "pt" || *r.Temperature != 0.5 || r.Format != audio.VTT || !r.Words || !r.Segments || !bytes.Equal(r.Sound(), sound) || strings.Join(r.Unknown, " ") != "later" {
		t.Errorf("%+v", r)
	}
	got := r.Rewrite("other/model")
	if want := bytes.Replace(body, []byte("whisper-1"), []byte("other/model"), 1); !bytes.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if asked := r.Request(); !bytes.Equal(asked.Sound, sound) || asked.Language != "pt" || !asked.Words {
		t.Errorf("%+v", asked)
	}
}

func TestFormsThatAreNone(t *testing.T) {
	t.Parallel()
	good := string(form(t, []byte("x")))
	for name, body := range map[string]string{
		"empty": "", "json": `{"model":"x"}`, "only a boundary": "--b\r\n", "cut": good[:len(good)-20], "no end": strings.TrimSuffix(good, "--\r\n"),
		"no file":                     "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n",
		"no model":                    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nm\r\n--b--\r\n",
		"no name":                     "--b\r\nContent-Disposition: form-data\r\n\r\nm\r\n--b--\r\n",
		"model twice":                 string(form(t, []byte("x"), "model", "y")),
		"bad form":                    string(form(t, []byte("x"), "response_format", "docx")),
		"bad number":                  string(form(t, []byte("x"), "temperature", "warm")),
		"bad stream":                  string(form(t, []byte("x"), "stream", "perhaps")),
		"no utf-8":                    string(form(t, []byte("x"), "prompt", "\xff")),
		"long field":                  string(form(t, []byte("x"), "prompt", strings.Repeat("a", 70_000))),
		"many":                        strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"a[]\"\r\n\r\nm\r\n", 65) + "--b--\r\n",
		"a file that should be words": "--b\r\nContent-Disposition: form-data; name=\"model\"; filename=\"m\"\r\n\r\nm\r\n--b--\r\n",
	} {
		if _, err := audio.ReadRecording([]byte(body)); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s is %v", name, err)
		}
	}
}

var heard = llm.Transcript{
	Text: "Hello there.", Language: "english", Duration: 3723004 * time.Millisecond, Usage: llm.Usage{Millis: 3723004},
	Segments: []llm.Segment{{From: 0, To: 1200 * time.Millisecond, Text: " Hello\n\n"}, {From: 1200 * time.Millisecond, To: 3723004 * time.Millisecond, Text: " a --> b"}},
	Words:    []llm.Word{{From: 0, To: time.Second, Text: "Hello"}},
}

func TestEveryForm(t *testing.T) {
	t.Parallel()
	for f, want := range map[audio.Format][2]string{
		audio.Text: {"text/plain; charset=utf-8", "Hello there.\n"},
		audio.JSON: {"application/json", `{"text":"Hello there.","usage":{"type":"duration","seconds":3724}}`},
		audio.SRT:  {"application/x-subrip; charset=utf-8", "1\n00:00:00,000 --> 00:00:01,200\nHello\n\n2\n00:00:01,200 --> 01:02:03,004\na --> b\n\n"},
		audio.VTT:  {"text/vtt; charset=utf-8", "WEBVTT\n\n00:00:00.000 --> 00:00:01.200\nHello\n\n00:00:01.200 --> 01:02:03.004\na → b\n\n"},
		audio.VerboseJSON: {"application/json", `{"task":"transcribe","language":"english","duration":3723.004,"text":"Hello there.","segments":[` +
			`{"id":0,"seek":0,"start":0,"end":1.2,"text":" Hello\n\n","tokens":[],"temperature":0,"avg_logprob":0,"compression_ratio":0,"no_speech_prob":0},` +
			`{"id":1,"seek":0,"start":1.2,"end":3723.004,"text":" a --\u003e b","tokens":[],"temperature":0,"avg_logprob":0,"compression_ratio":0,"no_speech_prob":0}],` +
			`"words":[{"word":"Hello","start":0,"end":1}],"usage":{"type":"duration","seconds":3724}}`},
	} {
		kind, got, err := audio.Write(heard, f, true)
		if err != nil || kind != want[0] || string(got) != want[1] {
			t.Errorf("%s: %v %s\n%s\nwant\n%s", f, err, kind, got, want[1])
		}
	}
	plain := llm.Transcript{Text: "hi", Usage: llm.Usage{Input: 14, AudioIn: 10, Output: 3}}
	if _, got, err := audio.Write(plain, audio.JSON, false); err != nil || string(got) != `{"text":"hi","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":3,"total_tokens":17}}` {
		t.Errorf("%v %s", err, got)
	}
	if _, _, err := audio.Write(plain, audio.SRT, false); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("subtitles without times: %v", err)
	}
	if _, got, err := audio.Write(llm.Transcript{}, audio.VTT, false); err != nil || string(got) != "WEBVTT\n\n" {
		t.Errorf("silence: %v %q", err, got)
	}
}

// TestARoundTrip: what we write in full, we read again.
func TestARoundTrip(t *testing.T) {
	t.Parallel()
	_, body, err := audio.Write(heard, audio.VerboseJSON, true)
	if err != nil {
		t.Fatal(err)
	}
	got, err := audio.Read(body, nil)
	if err != nil || got.Text != heard.Text || got.Duration != heard.Duration || len(got.Segments) != 2 || got.Segments[1] != heard.Segments[1] || got.Words[0] != heard.Words[0] {
		t.Errorf("%v %+v", err, got)
	}
}

func wav(seconds int, size uint32) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00LIST\x03\x00\x00\x00abc\x00data")
	out = append(out, byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
	return append(out, make([]byte, seconds*32000)...)
}

func TestHowLongARecordingLasts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sound []byte
		want  int64
	}{
		"wav": {wav(3, 96000), 3000}, "wav of a stream": {wav(2, 0xffffffff), 2000}, "mp3, at most": {make([]byte, 7500), 10_000},
		"nothing": {nil, 0}, "half a wav": {wav(0, 5)[:30], 40},
	} {
		if got := audio.Millis(c.sound); got != c.want {
			t.Errorf("%s lasts %d ms, want %d", name, got, c.want)
		}
	}
}

func TestSpeaking(t *testing.T) {
	t.Parallel()
	in := `{"input":"Olá", "model":"x","voice":"nova","speed":1.0,"stream_format":"sse","later":1e400}`
	s, err := audio.ReadSpeaking([]byte(in))
	if err != nil || !s.Stream || *s.Speed != 1 || s.Voice != "nova" || strings.Join(s.Unknown, " ") != "later" || s.Request().Text != "Olá" {
		t.Errorf("%v %+v", err, s)
	}
	if got := string(s.Rewrite("tts")); got != strings.Replace(in, `"x"`, `"tts"`, 1) {
		t.Errorf("%s", got)
	}
	if s, err := audio.ReadSpeaking([]byte(`{"model":"a","input":"b","voice":{"id":"v"}}`)); err != nil || strings.Join(s.Unknown, " ") != "voice" {
		t.Errorf("%v %+v", err, s)
	}
	for _, bad := range []string{``, `[]`, `{"model":"a"}`, `{"input":"a"}`, `{"model":"a","input":["b"]}`, `{"model":"a","input":"b","input":"c"}`, `{"model":"a","input":"b","speed":"fast"}`} {
		if _, err := audio.ReadSpeaking([]byte(bad)); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s is %v", bad, err)
		}
	}
}

// FuzzRecording: what is accepted is what another reader of forms sees, and only
// the model changes.
func FuzzRecording(f *testing.F) {
	f.Add(form(f, []byte("x\r\n--"), "language", "pt"))
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\r\n--b--\r\n"))
	f.Add([]byte("--b\r\n\r\n--b--"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := audio.ReadRecording(body)
		if err != nil {
			return
		}
		again, err := audio.ReadRecording(r.Rewrite("m2"))
		if err != nil || again.Model != "m2" || !bytes.Equal(again.Sound(), r.Sound()) || again.Language != r.Language {
			t.Errorf("%q: %v", body, err)
		}
		audio.Millis(r.Sound())
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"text":"a\nb","duration":1e300,"segments":[{"start":-1,"end":2}],"usage":{"type":"duration","seconds":3}}`), []byte("RIFF"))
	f.Add([]byte(`{"text":"","usage":{"input_tokens":-5,"input_token_details":{"audio_tokens":9}}}`), wav(1, 10))
	f.Fuzz(func(t *testing.T, body, sound []byte) {
		got, err := audio.Read(body, sound)
		if err != nil {
			return
		}
		if u := got.Usage; u.Millis < 0 || u.Input < 0 || u.AudioIn > u.Input || got.Duration < 0 {
			t.Errorf("%s: %+v", body, got)
		}
		for _, form := range []audio.Format{audio.JSON, audio.VerboseJSON, audio.SRT, audio.VTT} {
			kind, out, err := audio.Write(got, form, true)
			if err == nil && kind == "application/json" && !json.Valid(out) {
				t.Errorf("%s became %s", body, out)
			}
		}
	})
}
