// Package audio is the surface of OpenAI's audio: sound to text, text to sound.
package audio

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/object"
	"nexusai/backend/surface/single"
)

// Speech is the surface on which text is read aloud.
type Speech struct{ single.Surface }

var (
	_ broker.Surface = Speech{}
	_ broker.Doer    = (*speaking)(nil)
	_ broker.Wired   = (*speaking)(nil)
)

// Wire implements broker.Surface.
func (Speech) Wire() llm.Wire { return llm.OpenAISpeech }

// Inspect implements broker.Surface: sound is no JSON.
func (Speech) Inspect([]byte) (broker.Seen, *fault.Fault) {
	return broker.Seen{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", errors.New("JSON in place of sound"))
}

// Watch implements broker.Surface: sound has no events unless these are asked
// for.
func (Speech) Watch(r broker.Request, now func() time.Time) broker.Watcher {
	if mine, ok := r.(*speaking); ok && mine.events {
		return newWatcher(now)
	}
	return nil
}

// Write implements broker.Surface: in the midst of sound nothing can be said.
func (Speech) Write(r broker.Request, _ broker.Seen) broker.Encoder {
	if mine, ok := r.(*speaking); ok && mine.events {
		return encoder{}
	}
	return nil
}

type speaking struct {
	single.Request
	body    []byte
	members object.Object
	ask     llm.SpeechRequest
	events  bool // the sound comes in these
}

// Stream implements broker.Request: whoever listens need not wait for the end.
func (*speaking) Stream() bool { return true }

// Wire implements broker.Wired.
func (r *speaking) Wire() llm.Wire {
	if r.events {
		return llm.OpenAISpeechEvents
	}
	return llm.OpenAISpeech
}

// Read implements broker.Surface.
func (Speech) Read(body []byte) (broker.Request, error) {
	members, err := object.Parse(body, "model", "input", "voice", "instructions", "response_format", "speed", "stream_format")
	if err != nil {
		return nil, err
	}
	r := &speaking{body: body, members: members}
	stream := ""
	for _, f := range []struct {
		key  string
		into any
	}{
		{"model", &r.Name},
		{"input", &r.ask.Text},
		{"instructions", &r.ask.Instructions},
		{"response_format", &r.ask.Format},
		{"speed", &r.ask.Speed},
		{"stream_format", &stream},
	} {
		if raw := members.Raw(f.key); raw != nil {
			if err := splice.Field(raw, f.key, f.into); err != nil {
				return nil, err
			}
		}
	}
	if raw := members.Raw("voice"); raw != nil && raw[0] == '"' { // others are the provider's to understand
		if err := splice.Field(raw, "voice", &r.ask.Voice); err != nil {
			return nil, err
		}
	}
	switch {
	case r.Name == "":
		return nil, bad("You must provide a model parameter.").At("model")
	case r.ask.Text == "":
		return nil, bad("input is a text that is not empty.").At("input")
	case r.ask.Format != "" && !slices.Contains([]string{"mp3", "opus", "aac", "flac", "wav", "pcm"}, r.ask.Format):
		return nil, bad("response_format is mp3, opus, aac, flac, wav or pcm.").At("response_format")
	case stream != "" && stream != "audio" && stream != "sse":
		return nil, bad("stream_format is audio or sse.").At("stream_format")
	}
	r.events = stream == "sse"
	r.Most = broker.Bound{Input: len(body), Chars: utf8.RuneCountInString(r.ask.Text), Choices: 1}
	return r, nil
}

// Rewrite implements broker.Request.
func (r *speaking) Rewrite(model string, _ int) []byte {
	return splice.Apply(r.body, []splice.Edit{r.members.Put("model", object.Quote(model))})
}

// Do implements broker.Doer.
func (r *speaking) Do(ctx context.Context, client llm.Client, model string) (broker.Answer, error) {
	speaker, ok := client.(llm.Speaker)
	if !ok || r.events { // which only OpenAI's wire has
		return broker.Answer{}, single.Cannot(errors.New("the provider does not speak in this form"))
	}
	ask := r.ask
	ask.Model = model
	got, err := speaker.Speak(ctx, ask)
	if err != nil {
		return broker.Answer{}, err
	}
	return broker.Answer{ContentType: got.ContentType, Body: got.Sound, Usage: got.Usage}, nil
}
