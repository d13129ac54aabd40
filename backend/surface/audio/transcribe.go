package audio

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/single"
)

// Transcriptions is the surface on which sound becomes text. ContentType is
// the request's: the form that Body is.
type Transcriptions struct {
	single.Surface
	ContentType string
}

var (
	_ broker.Surface = Transcriptions{}
	_ broker.Doer    = (*hearing)(nil)
)

// Wire implements broker.Surface.
func (Transcriptions) Wire() llm.Wire { return llm.OpenAITranscribe }

// formats of a transcript.
var formats = []string{"json", "text", "srt", "verbose_json", "vtt"}

type hearing struct {
	single.Request
	body   []byte
	model  part
	ask    llm.TranscribeRequest
	format string
}

// Read implements broker.Surface.
func (s Transcriptions) Read(body []byte) (broker.Request, error) {
	parts, err := form(s.ContentType, body)
	if err != nil {
		return nil, err
	}
	r := &hearing{body: body, format: "json"}
	for _, p := range parts {
		if err := r.field(p); err != nil {
			return nil, err
		}
	}
	switch {
	case r.Name == "":
		return nil, bad("You must provide a model parameter.").At("model")
	case len(r.ask.Sound) == 0:
		return nil, bad("You must provide a file that is not empty.").At("file")
	case !slices.Contains(formats, r.format) && r.format != "diarized_json":
		return nil, bad("response_format is json, text, srt, verbose_json or vtt.").At("response_format")
	}
	r.Most = broker.Bound{Millis: millis(r.ask.Sound), Choices: 1, Input: len(r.ask.Prompt)}
	return r, nil
}

func (r *hearing) field(p part) error {
	value := r.body[p.from:p.to]
	if p.name == "file" {
		r.ask.Sound, r.ask.FileName = value, p.file
		return nil
	}
	if !utf8.Valid(value) {
		return bad("A field of the form is not valid UTF-8.").At(p.name)
	}
	text := string(value)
	switch p.name {
	case "model":
		r.model, r.Name = p, text
	case "language":
		r.ask.Language = text
	case "prompt":
		r.ask.Prompt = text
	case "response_format":
		r.format = text
	case "temperature":
		warm, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return bad("temperature is a number.").At("temperature")
		}
		r.ask.Temperature = &warm
	case "timestamp_granularities[]", "timestamp_granularities":
		r.ask.Words = r.ask.Words || text == "word"
	case "stream":
		if text != "false" && text != "" {
			return bad("A transcript comes as a whole; leave stream out.").At("stream")
		}
	}
	return nil
}

// millis is how long the sound is at most: of a WAV by its header, of others
// at 8 kbit/s, which is less than speech is ever recorded with.
func millis(sound []byte) int64 {
	if len(sound) > 44 && string(sound[:4]) == "RIFF" && string(sound[8:12]) == "WAVE" && string(sound[12:16]) == "fmt " {
		if rate := binary.LittleEndian.Uint32(sound[28:]); rate >= 1000 { // bytes in a second
			return int64(len(sound)) * 1000 / int64(rate)
		}
	}
	return int64(len(sound))
}

// Rewrite implements broker.Request: the model's name is the only change.
func (r *hearing) Rewrite(model string, _ int) []byte {
	out := make([]byte, 0, len(r.body)+len(model))
	out = append(append(out, r.body[:r.model.from]...), model...)
	return append(out, r.body[r.model.to:]...)
}

// Inspect implements broker.Surface: a transcript in JSON, or as text.
func (Transcriptions) Inspect(body []byte) (broker.Seen, *fault.Fault) {
	var a struct {
		Text     *string         `json:"text"`
		Duration float64         `json:"duration"`
		Error    json.RawMessage `json:"error"`
		Usage    *struct {
			Type    string  `json:"type"`
			Seconds float64 `json:"seconds"`
			Input   int     `json:"input_tokens"`
			Output  int     `json:"output_tokens"`
			Details struct {
				Audio int `json:"audio_tokens"`
			} `json:"input_token_details"`
		} `json:"usage"`
	}
	err := json.Unmarshal(body, &a)
	if err == nil && a.Text == nil {
		err = errors.New("the answer has no text")
	}
	if err != nil {
		return broker.Seen{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", fmt.Errorf("read a transcript: %w", err))
	}
	seen := broker.Seen{Bytes: len(*a.Text), Done: true, Whole: true}
	seconds := a.Duration
	if u := a.Usage; u != nil {
		seconds = max(seconds, u.Seconds)
		seen.Usage = llm.Usage{Input: max(u.Input, 0), Output: max(u.Output, 0)}
		seen.Usage.AudioIn = min(max(u.Details.Audio, 0), seen.Usage.Input)
	}
	if seconds > 0 && seconds < 1e7 {
		seen.Usage.Millis = int64(seconds * 1000)
	}
	seen.HasUsage = seen.Usage != llm.Usage{}
	return seen, nil
}

// Do implements broker.Doer.
func (r *hearing) Do(ctx context.Context, client llm.Client, model string) (broker.Answer, error) {
	listener, ok := client.(llm.Transcriber)
	if !ok || r.format == "diarized_json" { // who speaks, nobody's vocabulary says
		return broker.Answer{}, single.Cannot(errors.New("the provider does not transcribe in this form"))
	}
	ask := r.ask
	ask.Model = model
	got, err := listener.Transcribe(ctx, ask)
	if err != nil {
		return broker.Answer{}, err
	}
	body, kind, err := write(r.format, got, ask.Words)
	if err != nil {
		return broker.Answer{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", err)
	}
	return broker.Answer{ContentType: kind, Body: io.NopCloser(bytes.NewReader(body)), Usage: got.Usage}, nil
}

type verbose struct {
	Task     string    `json:"task"`
	Language string    `json:"language"`
	Duration float64   `json:"duration"`
	Text     string    `json:"text"`
	Words    []word    `json:"words,omitempty"`
	Segments []segment `json:"segments"`
}

type word struct {
	Word string  `json:"word"`
	From float64 `json:"start"`
	To   float64 `json:"end"`
}

type segment struct {
	ID   int     `json:"id"`
	From float64 `json:"start"`
	To   float64 `json:"end"`
	Text string  `json:"text"`
}

func write(format string, t llm.Transcript, words bool) (body []byte, kind string, err error) {
	switch format {
	case "text":
		return []byte(t.Text + "\n"), "text/plain; charset=utf-8", nil
	case "srt", "vtt":
		return captions(format, t), "text/plain; charset=utf-8", nil
	case "verbose_json":
		out := verbose{Task: "transcribe", Language: t.Language, Duration: t.Duration.Seconds(), Text: t.Text, Segments: []segment{}}
		for i, s := range t.Segments {
			out.Segments = append(out.Segments, segment{i, s.From.Seconds(), s.To.Seconds(), s.Text})
		}
		for _, w := range t.Words {
			if words {
				out.Words = append(out.Words, word{w.Text, w.From.Seconds(), w.To.Seconds()})
			}
		}
		body, err = json.Marshal(out)
	default:
		body, err = json.Marshal(struct {
			Text string `json:"text"`
		}{t.Text})
	}
	if err != nil {
		return nil, "", fmt.Errorf("encode a transcript: %w", err)
	}
	return body, "application/json", nil
}

// captions are subtitles: SubRip or WebVTT. Without segments all is one.
func captions(format string, t llm.Transcript) []byte {
	segments := t.Segments
	if len(segments) == 0 {
		segments = []llm.Segment{{To: t.Duration, Text: t.Text}}
	}
	var out bytes.Buffer
	comma := ","
	if format == "vtt" {
		out.WriteString("WEBVTT\n\n")
		comma = "."
	}
	for i, s := range segments {
		if format == "srt" {
			fmt.Fprintf(&out, "%d\n", i+1)
		}
		text := bytes.TrimSpace([]byte(s.Text))
		fmt.Fprintf(&out, "%s --> %s\n%s\n\n", clock(s.From, comma), clock(s.To, comma), text)
	}
	return out.Bytes()
}

func clock(d time.Duration, comma string) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", ms/3600000, ms/60000%60, ms/1000%60, comma, ms%1000)
}
