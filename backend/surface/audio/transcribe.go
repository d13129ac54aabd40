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
	"nexusai/backend/provider/audio"
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
	_ broker.Wired   = (*hearing)(nil)
	_ broker.Retold  = (*hearing)(nil)
)

// Wire implements broker.Surface.
func (Transcriptions) Wire() llm.Wire { return llm.OpenAITranscribe }

// Watch implements broker.Surface.
func (Transcriptions) Watch(_ broker.Request, now func() time.Time) broker.Watcher {
	return newWatcher(now)
}

// Write implements broker.Surface.
func (Transcriptions) Write(broker.Request, broker.Seen) broker.Encoder { return encoder{} }

// formats of a transcript, and those whose pieces can be told one by one.
var (
	formats   = []string{"json", "text", "srt", "verbose_json", "vtt", diarized}
	piecemeal = []string{"json", "text", diarized}
)

// diarized says who speaks.
const diarized = "diarized_json"

type hearing struct {
	single.Request
	body   []byte
	model  part
	ask    llm.TranscribeRequest
	format string
	events bool // it is told as it is heard
}

// Stream implements broker.Request.
func (r *hearing) Stream() bool { return r.events }

// Wire implements broker.Wired.
func (r *hearing) Wire() llm.Wire {
	if r.events {
		return llm.OpenAITranscribeEvents
	}
	return llm.OpenAITranscribe
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
	case !slices.Contains(formats, r.format):
		return nil, bad("response_format is json, text, srt, verbose_json, vtt or diarized_json.").At("response_format")
	case r.events && !slices.Contains(piecemeal, r.format):
		return nil, bad("A streamed transcript is json, text or diarized_json.").At("response_format")
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
		on, err := strconv.ParseBool(text)
		if err != nil && text != "" {
			return bad("stream is true or false.").At("stream")
		}
		r.events = on
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
		Text     *string      `json:"text"`
		Duration float64      `json:"duration"`
		Usage    *audio.Usage `json:"usage"`
	}
	err := json.Unmarshal(body, &a)
	if err == nil && a.Text == nil {
		err = errors.New("the answer has no text")
	}
	if err != nil {
		return broker.Seen{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", fmt.Errorf("read a transcript: %w", err))
	}
	seen := broker.Seen{Bytes: len(*a.Text), Done: true, Whole: true}
	switch {
	case a.Usage != nil:
		seen.Usage = a.Usage.Counted()
	case a.Duration > 0:
		seen.Usage = audio.Usage{Seconds: a.Duration}.Counted()
	}
	seen.HasUsage = seen.Usage != llm.Usage{}
	return seen, nil
}

// Do implements broker.Doer.
func (r *hearing) Do(ctx context.Context, client llm.Client, model string) (broker.Answer, error) {
	listener, ok := client.(llm.Transcriber)
	if !ok || r.format == diarized { // who speaks, nobody's vocabulary says
		return broker.Answer{}, single.Cannot(errors.New("the provider does not transcribe in this form"))
	}
	ask := r.ask
	ask.Model = model
	got, err := listener.Transcribe(ctx, ask)
	if err != nil {
		return broker.Answer{}, err
	}
	if r.events {
		return broker.Answer{ContentType: "text/event-stream", Body: io.NopCloser(bytes.NewReader(told(got.Text, nil))), Usage: got.Usage}, nil
	}
	body, kind, err := write(r.format, got, ask.Words)
	if err != nil {
		return broker.Answer{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", err)
	}
	return broker.Answer{ContentType: kind, Body: io.NopCloser(bytes.NewReader(body)), Usage: got.Usage}, nil
}
