// Package audio reads what providers answer when they hear, and knows what
// hearing and speaking cost where they do not say.
package audio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// answer is a transcript as providers send it: OpenAI, vLLM, whisper-server.
type answer struct {
	Text     *string         `json:"text"`
	Language string          `json:"language"`
	Duration float64         `json:"duration"`
	Segments []segment       `json:"segments"`
	Words    []word          `json:"words"`
	Usage    *Usage          `json:"usage"`
	Error    json.RawMessage `json:"error"`
}

type segment struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
	Text  string  `json:"text"`
	Words []word  `json:"words"` // whisper-server has its tokens here
}

type word struct {
	Word  string  `json:"word"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// Usage is what providers say that an answer cost: tokens or seconds.
type Usage struct {
	Type    string  `json:"type"`
	Seconds float64 `json:"seconds"`
	Input   int     `json:"input_tokens"`
	Details struct {
		Audio int `json:"audio_tokens"`
	} `json:"input_token_details"`
	Output int `json:"output_tokens"`
}

// Counted keeps a provider's nonsense from becoming negative money.
func (u Usage) Counted() llm.Usage {
	if u.Type == "duration" || u.Seconds > 0 {
		return llm.Usage{Millis: span(u.Seconds).Milliseconds()}
	}
	out := llm.Usage{Input: max(u.Input, 0), Output: max(u.Output, 0)}
	out.AudioIn = min(max(u.Details.Audio, 0), out.Input)
	return out
}

// longest bounds what a provider may call a duration.
const longest = 1000 * time.Hour

func span(seconds float64) time.Duration {
	if !(seconds > 0) { // NaN too
		return 0
	}
	return time.Duration(math.Min(seconds, longest.Seconds()) * float64(time.Second)).Round(time.Millisecond)
}

// Read is a provider's answer in JSON, plain or verbose. sound is what was sent:
// where the provider counts nothing, its length is the usage, Estimated. Errors
// are faults.
func Read(body, sound []byte) (llm.Transcript, error) {
	var a answer
	if len(bytes.TrimSpace(body)) == 0 {
		return llm.Transcript{}, endpoint.Empty(errors.New("the body is empty"))
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return llm.Transcript{}, endpoint.Malformed(err)
	}
	if a.Text == nil {
		return llm.Transcript{}, endpoint.Malformed(fmt.Errorf("an answer without text: %w", endpoint.Says(0, "", endpoint.Shorten(string(a.Error)))))
	}
	t := llm.Transcript{Text: joined(*a.Text), Language: a.Language, Duration: span(a.Duration)}
	words := a.Words
	for _, s := range a.Segments {
		t.Segments = append(t.Segments, llm.Segment{From: span(s.Start), To: span(s.End), Text: s.Text})
		words = append(words, joinedWords(s.Words)...)
	}
	for _, w := range words {
		t.Words = append(t.Words, llm.Word{From: span(w.Start), To: span(w.End), Text: w.Word})
	}
	t.Usage = a.usage(sound)
	return t, nil
}

// joinedWords makes words of the tokens that whisper-server calls so: one that
// begins a word begins with a space.
func joinedWords(tokens []word) []word {
	var out []word
	for _, t := range tokens {
		if n := len(out); n > 0 && !strings.HasPrefix(t.Word, " ") {
			out[n-1].Word += t.Word
			out[n-1].End = max(out[n-1].End, t.End)
			continue
		}
		t.Word = strings.TrimSpace(t.Word)
		out = append(out, t)
	}
	return out
}

func (a answer) usage(sound []byte) llm.Usage {
	switch {
	case a.Usage != nil:
		return a.Usage.Counted()
	case a.Duration > 0:
		return llm.Usage{Millis: span(a.Duration).Milliseconds()}
	}
	return llm.Usage{Millis: Millis(sound), Estimated: true}
}

// joined makes one text of the lines that whisper-server writes, one a segment.
func joined(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(line)
	}
	return out.String()
}
