package calllog

import (
	"testing"
	"time"

	"nexusai/backend/catalog"
	"nexusai/backend/llm"
	"nexusai/server/ledger"
)

// TestSoundUnderWayAtADeathIsBilledAsSound: by what was read aloud or heard, not
// by the tokens of a chat.
func TestSoundUnderWayAtADeathIsBilledAsSound(t *testing.T) {
	t.Parallel()
	price := ledger.Price{Known: true, Version: "test", Price: catalog.Price{CharNano: 15e9, MinuteNano: 6e6}}
	for name, c := range map[string]struct {
		sound llm.Usage
		want  int64
	}{"speech": {llm.Spoken(100), 1_500_000}, "a transcript": {llm.Heard(30_000), 3_000_000}} {
		a := Attempt{Reserved: 1e9, Likely: 7, MaxInput: 1000, MaxOutput: 1000, Sound: c.sound, Price: price}
		a.cut(0, time.Now())
		if a.Cost != c.want || a.Code != CodeInterrupted || !a.Usage.Estimated || a.Usage.Input < 7 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}
