package ledger

import (
	"encoding/json"

	"nexusai/backend/llm"
	"nexusai/server/jsonline"
)

// usage is llm.Usage as an entry keeps it: what is zero is left out.
type usage llm.Usage

type usageFields struct {
	Input      int   `json:"input,omitempty"`
	Cached     int   `json:"cached,omitempty"`
	CacheWrite int   `json:"cache_write,omitempty"`
	CacheHour  int   `json:"cache_hour,omitempty"`
	AudioIn    int   `json:"audio_in,omitempty"`
	Output     int   `json:"output,omitempty"`
	Reasoning  int   `json:"reasoning,omitempty"`
	AudioOut   int   `json:"audio_out,omitempty"`
	Images     int   `json:"images,omitempty"`
	Characters int   `json:"characters,omitempty"`
	Millis     int64 `json:"sound_ms,omitempty"`
	Searches   int   `json:"searches,omitempty"`
}

// encode appends u to dst.
func (u usage) encode(dst []byte) []byte {
	return jsonline.Open(dst).
		IntIf("input", int64(u.Input)).IntIf("cached", int64(u.Cached)).IntIf("cache_write", int64(u.CacheWrite)).IntIf("cache_hour", int64(u.CacheHour)).
		IntIf("audio_in", int64(u.AudioIn)).IntIf("output", int64(u.Output)).IntIf("reasoning", int64(u.Reasoning)).IntIf("audio_out", int64(u.AudioOut)).
		IntIf("images", int64(u.Images)).IntIf("characters", int64(u.Characters)).IntIf("sound_ms", u.Millis).IntIf("searches", int64(u.Searches)).
		Close()
}

func (u *usage) UnmarshalJSON(data []byte) error {
	var f usageFields
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	*u = usage{
		Input: f.Input, Cached: f.Cached, CacheWrite: f.CacheWrite, CacheHour: f.CacheHour, AudioIn: f.AudioIn, Output: f.Output, Reasoning: f.Reasoning,
		AudioOut: f.AudioOut, Images: f.Images, Characters: f.Characters, Millis: f.Millis, Searches: f.Searches,
	}
	return nil
}
