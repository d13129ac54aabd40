package audio

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/refusal"
)

// The events of both streams (OpenAI's API reference, 2026-11).
const (
	heardMore = "transcript.text.delta"
	heardSpan = "transcript.text.segment" // of one speaker
	heardAll  = "transcript.text.done"
	saidMore  = "speech.audio.delta"
	saidAll   = "speech.audio.done"
)

var errNoText = errors.New("the answer has no text")

// Retell implements broker.Retold: what came in one piece is one delta and the
// end.
func (r *hearing) Retell(body []byte, contentType string) ([]byte, error) {
	if kind, _, _ := mime.ParseMediaType(contentType); kind != "application/json" {
		return told(strings.TrimRight(string(body), "\n"), nil), nil
	}
	var whole struct {
		Text  *string         `json:"text"`
		Usage json.RawMessage `json:"usage"`
	}
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, fmt.Errorf("read a transcript: %w", err)
	}
	if whole.Text == nil {
		return nil, errNoText
	}
	return told(*whole.Text, whole.Usage), nil
}

// told is a transcript as a stream; usage is the provider's, or nil.
func told(text string, usage json.RawMessage) []byte {
	out := event(nil, map[string]any{"type": heardMore, "delta": text})
	last := map[string]any{"type": heardAll, "text": text}
	if len(usage) > 0 {
		last["usage"] = usage
	}
	return event(out, last)
}

func event(dst []byte, of map[string]any) []byte {
	data, err := json.Marshal(of)
	if err != nil { // texts and JSON that was read: they always encode
		panic(fmt.Errorf("encode an event: %w", err))
	}
	return append(append(append(dst, "data: "...), data...), "\n\n"...)
}

// encoder says that a stream has broken off. Nothing else is written in it: a
// Doer's answer comes as a whole, and no such stream is gone on with.
type encoder struct{}

var _ broker.Encoder = encoder{}

// Delta implements broker.Encoder.
func (encoder) Delta(dst []byte, _ llm.Delta) []byte { return dst }

// End implements broker.Encoder.
func (encoder) End(dst []byte, _ llm.Completion) []byte { return dst }

// Fail implements broker.Encoder: OpenAI's clients raise on an error in an
// event's data.
func (encoder) Fail(dst []byte, f *fault.Fault) []byte {
	return append(append(append(dst, "data: "...), refusal.OpenAI(f).Body...), "\n\n"...)
}

// Whole implements broker.Encoder.
func (encoder) Whole(llm.Completion) ([]byte, error) { return nil, errNoText }
