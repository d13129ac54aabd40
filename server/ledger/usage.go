package ledger

import (
	"encoding/json"

	"nexusai/backend/llm"
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

func (u usage) MarshalJSON() ([]byte, error) {
	return json.Marshal(usageFields{
		u.Input, u.Cached, u.CacheWrite, u.CacheHour, u.AudioIn, u.Output, u.Reasoning, u.AudioOut, u.Images, u.Characters, u.Millis, u.Searches,
	})
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
