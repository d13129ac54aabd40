package audio_test

import (
	"bytes"
	"mime/multipart"
	"reflect"
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

func TestTheModelOfAForm(t *testing.T) {
	t.Parallel()
	good := string(form(t, []byte("RIFF\r\n--nearly\r\n\r\n\x00\xff--\r\n"), "language", "pt"))
	if got, err := audio.FormModel([]byte(good)); err != nil || got != "whisper-1" {
		t.Errorf("%q %v", got, err)
	}
	for name, body := range map[string]string{
		"empty": "", "json": `{"model":"x"}`, "only a boundary": "--b\r\n", "cut": good[:len(good)-60],
		"no model":    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nm\r\n--b--\r\n",
		"empty model": "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\r\n--b--\r\n",
		"many":        strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nm\r\n", 65) + "--b--\r\n",
	} {
		if got, err := audio.FormModel([]byte(body)); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
}

func TestAnAnswerInFull(t *testing.T) {
	t.Parallel()
	got, err := audio.Read([]byte(`{"task":"transcribe","language":"english","duration":3723.004,"text":" Hello\n there.\n","segments":[
		{"id":0,"start":0,"end":1.2,"text":" Hello","words":[{"word":"Hello","start":0,"end":1}]},{"id":1,"start":1.2,"end":3723.004,"text":" there."}]}`), nil)
	want := llm.Transcript{
		Text: "Hello there.", Language: "english", Duration: 3723004 * time.Millisecond, Usage: llm.Usage{Millis: 3723004},
		Segments: []llm.Segment{{From: 0, To: 1200 * time.Millisecond, Text: " Hello"}, {From: 1200 * time.Millisecond, To: 3723004 * time.Millisecond, Text: " there."}},
		Words:    []llm.Word{{From: 0, To: time.Second, Text: "Hello"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %+v", err, got)
	}
	for name, body := range map[string]string{"nothing": " ", "a page": "<html>", "an error": `{"error":"no audio"}`, "no text": `{}`} {
		if _, err := audio.Read([]byte(body), nil); fault.CodeOf(err) != fault.UpstreamFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := audio.Read([]byte(`{"text":""}`), wav(2, 64000)); err != nil || got.Usage != (llm.Usage{Millis: 2000, Estimated: true}) {
		t.Errorf("uncounted: %v %+v", err, got.Usage)
	}
}

func wav(seconds int, size uint32) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00LIST\x03\x00\x00\x00abc\x00data")
	out = append(out, byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
	return append(out, make([]byte, seconds*32000)...)
}

// TestTokensAreJoinedToWords: as whisper-server 1.8.5 said them of "over Lisbon.".
func TestTokensAreJoinedToWords(t *testing.T) {
	t.Parallel()
	got, err := audio.Read([]byte(`{"text":"over Lisbon.","segments":[{"start":0,"end":2,"text":" over Lisbon.","words":[
		{"word":" over","start":0.1,"end":0.5,"t_dtw":-1},{"word":" Lis","start":0.5,"end":0.9},{"word":"bon","start":0.9,"end":1.4},{"word":".","start":1.4,"end":1.4}]}]}`), nil)
	want := []llm.Word{{From: 100 * time.Millisecond, To: 500 * time.Millisecond, Text: "over"}, {From: 500 * time.Millisecond, To: 1400 * time.Millisecond, Text: "Lisbon."}}
	if err != nil || !reflect.DeepEqual(got.Words, want) {
		t.Errorf("%v %+v", err, got.Words)
	}
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
	})
}
