package audio

import "nexusai/backend/fault"

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
