package audio

import (
	"encoding/json"
	"unicode/utf8"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/splice"
)

// Speaking is a request to /audio/speech. Its bytes are passed on as they are,
// but for the model.
type Speaking struct {
	Model        string
	Text         string
	Voice        string // empty where it is one of a person's own, which is an object
	Instructions string
	Format       string
	Speed        *float64
	Stream       bool // as events (stream_format is sse), not as sound
	Unknown      []string

	body  []byte
	model splice.Span
}

// ReadSpeaking finds the members of a request. The result shares body. It
// returns a fault.BadRequest for anything else than a JSON object in UTF-8, for
// a member that it reads of a wrong type, and for one that is there twice.
func ReadSpeaking(body []byte) (Speaking, error) {
	s := Speaking{body: body}
	if err := splice.Check(body); err != nil {
		return s, err
	}
	seen := map[string]bool{}
	_, err := splice.Members(body, 0, func(key string, value splice.Span) error {
		if seen[key] {
			return bad(key, "A field of the request is there twice.", nil)
		}
		seen[key] = true
		return s.member(key, value)
	})
	switch {
	case err != nil:
		return s, err
	case s.Model == "":
		return s, bad("model", "You must provide a model parameter.", nil)
	case s.Text == "":
		return s, bad("input", "There is nothing to speak.", nil)
	}
	return s, nil
}

func (s *Speaking) member(key string, value splice.Span) error {
	raw := value.Of(s.body)
	switch key {
	case "model":
		s.model = value
		return splice.Field(raw, key, &s.Model)
	case "input":
		return splice.Field(raw, key, &s.Text)
	case "voice":
		if raw[0] == '{' {
			s.Unknown = append(s.Unknown, key)
			return nil
		}
		return splice.Field(raw, key, &s.Voice)
	case "instructions":
		return splice.Field(raw, key, &s.Instructions)
	case "response_format":
		return splice.Field(raw, key, &s.Format)
	case "speed":
		return splice.Field(raw, key, &s.Speed)
	case "stream_format":
		var how string
		err := splice.Field(raw, key, &how)
		s.Stream = how == "sse"
		return err
	}
	s.Unknown = append(s.Unknown, key)
	return nil
}

// Rewrite returns the request with the model replaced. All other bytes are those
// of the original, which is not changed.
func (s Speaking) Rewrite(model string) []byte {
	name, err := json.Marshal(model)
	if err != nil { // a string always encodes
		panic(err)
	}
	return splice.Apply(s.body, []splice.Edit{{At: s.model, Text: string(name)}})
}

// Request is the text in the product's words.
func (s Speaking) Request() llm.SpeechRequest {
	return llm.SpeechRequest{
		Model: s.Model, Text: s.Text, Voice: s.Voice, Instructions: s.Instructions, Format: s.Format, Speed: s.Speed,
	}
}

// Spoken estimates what speaking a text costs, because sound comes without a
// count: its characters, for models that are billed so, and for others a token
// for four of them and 1.5 tokens of sound for each (OpenAI's 1,250 a minute at
// 14 characters a second).
func Spoken(text string) llm.Usage {
	n := utf8.RuneCountInString(text)
	sound := (3*n + 1) / 2
	return llm.Usage{Characters: n, Input: (n + 3) / 4, Output: sound, AudioOut: sound, Estimated: true}
}

// kinds are the types of sound by the wire's names.
var kinds = map[string]string{
	"": "audio/mpeg", "mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav", "pcm": "audio/pcm",
}

// ContentType of a format. A format that is not known is a fault.BadRequest.
func ContentType(format string) (string, error) {
	kind, ok := kinds[format]
	if !ok {
		return "", fault.New(fault.BadRequest, "The sound must be mp3, opus, aac, flac, wav or pcm.", nil).At("response_format")
	}
	return kind, nil
}
