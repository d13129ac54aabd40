package audio

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"nexusai/backend/llm"
)

// Format is the form of a transcript.
type Format string

// The forms that callers ask for.
const (
	JSON        Format = "json"
	Text        Format = "text"
	SRT         Format = "srt"
	VerboseJSON Format = "verbose_json"
	VTT         Format = "vtt"
)

func (f Format) known() bool {
	switch f {
	case JSON, Text, SRT, VerboseJSON, VTT:
		return true
	}
	return false
}

// Timed says that the form shows when something was said.
func (f Format) Timed() bool { return f == SRT || f == VerboseJSON || f == VTT }

// Write is a transcript in a form, and the type of its content. Subtitles of a
// transcript without times are a fault.BadRequest: the model gives none.
func Write(t llm.Transcript, f Format, words bool) (contentType string, body []byte, err error) {
	switch f {
	case Text:
		return "text/plain; charset=utf-8", []byte(t.Text + "\n"), nil
	case SRT, VTT:
		if len(t.Segments) == 0 && t.Text != "" {
			return "", nil, bad("response_format", "This model does not say when something was said; ask for json or text.", nil)
		}
		return subtitles(t.Segments, f)
	case VerboseJSON:
		body, err = json.Marshal(verbose(t, words))
	default:
		body, err = json.Marshal(struct {
			Text  string  `json:"text"`
			Usage *counts `json:"usage,omitempty"`
		}{t.Text, countsOf(t)})
	}
	return "application/json", body, err
}

func subtitles(segments []llm.Segment, f Format) (string, []byte, error) {
	var out strings.Builder
	kind, comma := "application/x-subrip; charset=utf-8", ","
	if f == VTT {
		kind, comma = "text/vtt; charset=utf-8", "."
		out.WriteString("WEBVTT\n\n")
	}
	for i, s := range segments {
		if f == SRT {
			fmt.Fprintf(&out, "%d\n", i+1)
		}
		// A blank line would end the cue.
		text := strings.Join(strings.FieldsFunc(s.Text, func(r rune) bool { return r == '\n' || r == '\r' }), "\n")
		if f == VTT {
			text = strings.ReplaceAll(text, "-->", "→")
		}
		fmt.Fprintf(&out, "%s --> %s\n%s\n\n", clock(s.From, comma), clock(s.To, comma), strings.TrimSpace(text))
	}
	return kind, []byte(out.String()), nil
}

// clock is hours:minutes:seconds and milliseconds.
func clock(d time.Duration, comma string) string {
	ms := max(d, 0).Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, comma, ms%1000)
}

// counts are what a transcript cost, as the wire says it.
type counts struct {
	Type    string   `json:"type"` // tokens or duration
	Seconds *float64 `json:"seconds,omitempty"`
	Input   int      `json:"input_tokens,omitempty"`
	Details *details `json:"input_token_details,omitempty"`
	Output  int      `json:"output_tokens,omitempty"`
	Total   int      `json:"total_tokens,omitempty"`
}

type details struct {
	Text  int `json:"text_tokens"`
	Audio int `json:"audio_tokens"`
}

func countsOf(t llm.Transcript) *counts {
	u := t.Usage
	if u.Input > 0 {
		return &counts{
			Type: "tokens", Input: u.Input, Output: u.Output, Total: u.Input + u.Output,
			Details: &details{Text: u.Input - u.AudioIn, Audio: u.AudioIn},
		}
	}
	if u.Millis == 0 {
		return nil
	}
	seconds := math.Ceil(float64(u.Millis) / 1000)
	return &counts{Type: "duration", Seconds: &seconds}
}

type verboseTranscript struct {
	Task     string           `json:"task"`
	Language string           `json:"language"`
	Duration float64          `json:"duration"`
	Text     string           `json:"text"`
	Segments []verboseSegment `json:"segments"`
	Words    []verboseWord    `json:"words,omitempty"`
	Usage    *counts          `json:"usage,omitempty"`
}

// verboseSegment has members that only some engines know; the official clients
// want them all.
type verboseSegment struct {
	ID          int     `json:"id"`
	Seek        int     `json:"seek"`
	Start       float64 `json:"start"`
	End         float64 `json:"end"`
	Text        string  `json:"text"`
	Tokens      []int   `json:"tokens"`
	Temperature float64 `json:"temperature"`
	LogProb     float64 `json:"avg_logprob"`
	Compression float64 `json:"compression_ratio"`
	NoSpeech    float64 `json:"no_speech_prob"`
}

type verboseWord struct {
	Word  string  `json:"word"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

func verbose(t llm.Transcript, words bool) verboseTranscript {
	out := verboseTranscript{
		Task: "transcribe", Language: t.Language, Duration: t.Duration.Seconds(), Text: t.Text,
		Segments: make([]verboseSegment, 0, len(t.Segments)), Usage: countsOf(t),
	}
	for i, s := range t.Segments {
		out.Segments = append(out.Segments, verboseSegment{ID: i, Start: s.From.Seconds(), End: s.To.Seconds(), Text: s.Text, Tokens: []int{}})
	}
	if words {
		for _, w := range t.Words {
			out.Words = append(out.Words, verboseWord{w.Text, w.From.Seconds(), w.To.Seconds()})
		}
	}
	return out
}
