package llm

import (
	"context"
	"io"
	"time"
)

// Transcriber turns speech into text.
type Transcriber interface {
	Transcribe(ctx context.Context, req TranscribeRequest) (Transcript, error)
}

// TranscribeRequest is a recording.
type TranscribeRequest struct {
	Model       string
	Sound       []byte
	FileName    string // its ending says the format: "speech.wav"
	Language    string // ISO 639-1; empty: found out
	Prompt      string
	Temperature *float64
	Words       bool // with the time of each word
}

// Transcript is what was heard.
type Transcript struct {
	Text     string
	Language string
	Duration time.Duration
	Segments []Segment
	Words    []Word
	Usage    Usage
}

// Segment is a stretch of speech.
type Segment struct {
	From, To time.Duration
	Text     string
}

// Word is one word and when it was said.
type Word struct {
	From, To time.Duration
	Text     string
}

// Speaker turns text into speech.
type Speaker interface {
	// Speak returns once the sound begins; the caller closes it.
	Speak(ctx context.Context, req SpeechRequest) (Speech, error)
}

// SpeechRequest is a text to read aloud.
type SpeechRequest struct {
	Model        string
	Text         string
	Voice        string
	Instructions string
	Format       string   // mp3, opus, aac, flac, wav or pcm; empty: mp3
	Speed        *float64 // 1 is usual
}

// Speech is sound as it comes.
type Speech struct {
	Sound       io.ReadCloser
	ContentType string
	Usage       Usage
}
