// Package audio is the surface of OpenAI's audio: sound to text, text to sound.
package audio

import (
	"context"
	"errors"
	"slices"
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
)

// Wire implements broker.Surface.
func (Speech) Wire() llm.Wire { return llm.OpenAISpeech }

// Inspect implements broker.Surface: sound is no JSON.
func (Speech) Inspect([]byte) (broker.Seen, *fault.Fault) {
	return broker.Seen{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", errors.New("JSON in place of sound"))
}

type speaking struct {
	single.Request
	body    []byte
	members object.Object
	ask     llm.SpeechRequest
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
	case stream != "" && stream != "audio":
		return nil, bad("Sound comes as sound; leave stream_format out.").At("stream_format")
	}
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
	if !ok {
		return broker.Answer{}, single.Cannot(errors.New("the provider does not speak"))
	}
	ask := r.ask
	ask.Model = model
	got, err := speaker.Speak(ctx, ask)
	if err != nil {
		return broker.Answer{}, err
	}
	return broker.Answer{ContentType: got.ContentType, Body: got.Sound, Usage: got.Usage}, nil
}
