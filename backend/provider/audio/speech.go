package audio

import (
	"unicode/utf8"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

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
