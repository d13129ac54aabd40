// Package audio reads and writes what passes on OpenAI's wires for sound:
// recordings to write down, texts to speak, and transcripts in every form.
package audio

import (
	"mime"
	"strconv"
	"strings"
	"unicode/utf8"

	"nexusai/backend/llm"
	"nexusai/backend/provider/splice"
)

// Recording is a request to /audio/transcriptions: a form with a file. Its bytes
// are passed on as they are, but for the model.
type Recording struct {
	Model       string
	FileName    string
	Language    string
	Prompt      string
	Format      Format // default JSON
	Temperature *float64
	Words       bool // with the time of each word
	Segments    bool // with the time of each stretch of speech
	Stream      bool
	ContentType string   // of the whole body
	Unknown     []string // names of fields that were not understood

	body  []byte
	sound splice.Span
	model splice.Span
}

// ReadRecording finds the fields of a form. The result shares body. It returns a
// fault.BadRequest for anything else, for a field that it reads of a wrong type,
// and for one that is there twice.
func ReadRecording(body []byte) (Recording, error) {
	boundary, all, err := parts(body)
	if err != nil {
		return Recording{}, err
	}
	r := Recording{Format: JSON, body: body, ContentType: mime.FormatMediaType("multipart/form-data", map[string]string{"boundary": boundary})}
	seen := map[string]bool{}
	for _, p := range all {
		list := strings.HasSuffix(p.name, "[]")
		if seen[p.name] && !list {
			return r, bad(p.name, "A field of the request is there twice.", nil)
		}
		seen[p.name] = true
		if err := r.field(p); err != nil {
			return r, err
		}
	}
	switch {
	case r.Model == "":
		return r, bad("model", "You must provide a model parameter.", nil)
	case !r.sound.There():
		return r, bad("file", "The request holds no recording.", nil)
	case !r.Format.known():
		return r, bad("response_format", "The form of the transcript must be json, text, srt, verbose_json or vtt.", nil)
	}
	return r, nil
}

func (r *Recording) field(p part) error {
	if p.name == "file" {
		r.sound, r.FileName = p.at, p.fileName
		return nil
	}
	raw := p.at.Of(r.body)
	if p.file || len(raw) > maxField || !utf8.Valid(raw) {
		return bad(p.name, "A field of the request has the wrong type.", nil)
	}
	return r.text(p, string(raw))
}

func (r *Recording) text(p part, value string) (err error) {
	switch p.name {
	case "model":
		r.Model, r.model = value, p.at
	case "language":
		r.Language = value
	case "prompt":
		r.Prompt = value
	case "response_format":
		r.Format = Format(value)
	case "temperature":
		var n float64
		n, err = strconv.ParseFloat(value, 64)
		r.Temperature = &n
	case "stream":
		r.Stream, err = strconv.ParseBool(value)
	case "timestamp_granularities[]", "timestamp_granularities":
		r.Words = r.Words || value == "word"
		r.Segments = r.Segments || value == "segment"
	default:
		r.Unknown = append(r.Unknown, p.name)
	}
	if err != nil {
		return bad(p.name, "A field of the request has the wrong type.", err)
	}
	return nil
}

// Rewrite returns the form with the model replaced. All other bytes are those of
// the original, which is not changed.
func (r Recording) Rewrite(model string) []byte {
	return splice.Apply(r.body, []splice.Edit{{At: r.model, Text: model}})
}

// Sound is the recording itself, which is the form's own bytes.
func (r Recording) Sound() []byte { return r.sound.Of(r.body) }

// Request is the recording in the product's words.
func (r Recording) Request() llm.TranscribeRequest {
	return llm.TranscribeRequest{
		Model: r.Model, Sound: r.Sound(), FileName: r.FileName, Language: r.Language, Prompt: r.Prompt,
		Temperature: r.Temperature, Words: r.Words,
	}
}
