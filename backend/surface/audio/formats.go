package audio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"nexusai/backend/llm"
)

type verbose struct {
	Task     string    `json:"task"`
	Language string    `json:"language"`
	Duration float64   `json:"duration"`
	Text     string    `json:"text"`
	Words    []word    `json:"words,omitempty"`
	Segments []segment `json:"segments"`
}

type word struct {
	Word string  `json:"word"`
	From float64 `json:"start"`
	To   float64 `json:"end"`
}

type segment struct {
	ID   int     `json:"id"`
	From float64 `json:"start"`
	To   float64 `json:"end"`
	Text string  `json:"text"`
}

func write(format string, t llm.Transcript, words bool) (body []byte, kind string, err error) {
	switch format {
	case "text":
		return []byte(t.Text + "\n"), "text/plain; charset=utf-8", nil
	case "srt", "vtt":
		return captions(format, t), "text/plain; charset=utf-8", nil
	case "verbose_json":
		out := verbose{Task: "transcribe", Language: t.Language, Duration: t.Duration.Seconds(), Text: t.Text, Segments: []segment{}}
		for i, s := range t.Segments {
			out.Segments = append(out.Segments, segment{i, s.From.Seconds(), s.To.Seconds(), s.Text})
		}
		for _, w := range t.Words {
			if words {
				out.Words = append(out.Words, word{w.Text, w.From.Seconds(), w.To.Seconds()})
			}
		}
		body, err = json.Marshal(out)
	default:
		body, err = json.Marshal(struct {
			Text string `json:"text"`
		}{t.Text})
	}
	if err != nil {
		return nil, "", fmt.Errorf("encode a transcript: %w", err)
	}
	return body, "application/json", nil
}

// captions are subtitles: SubRip or WebVTT. Without segments all is one.
func captions(format string, t llm.Transcript) []byte {
	segments := t.Segments
	if len(segments) == 0 {
		segments = []llm.Segment{{To: t.Duration, Text: t.Text}}
	}
	var out bytes.Buffer
	comma := ","
	if format == "vtt" {
		out.WriteString("WEBVTT\n\n")
		comma = "."
	}
	for i, s := range segments {
		if format == "srt" {
			fmt.Fprintf(&out, "%d\n", i+1)
		}
		text := bytes.TrimSpace([]byte(s.Text))
		fmt.Fprintf(&out, "%s --> %s\n%s\n\n", clock(s.From, comma), clock(s.To, comma), text)
	}
	return out.Bytes()
}

func clock(d time.Duration, comma string) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", ms/3600000, ms/60000%60, ms/1000%60, comma, ms%1000)
}
