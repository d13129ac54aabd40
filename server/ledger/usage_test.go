package ledger

import (
	"encoding/json"
	"testing"

	"nexusai/backend/llm"
)

func TestUsageIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, want := range []usage{{}, usage(llm.Usage{
		Input: 1, Cached: 2, CacheWrite: 3, CacheHour: 4, AudioIn: 5, Output: 6, Reasoning: 7, AudioOut: 8, Images: 9, Characters: 10, Millis: 11, Searches: 12,
	})} {
		var got usage
		if text := want.encode(nil); json.Unmarshal(text, &got) != nil || got != want {
			t.Errorf("%s is %+v, want %+v", text, got, want)
		}
	}
}

func TestAPriceIsNamedOnceAndAlike(t *testing.T) {
	t.Parallel()
	refs := Refs{}
	known := Price{Known: true, Version: "v"}
	dearer := known
	dearer.InputNano = 1
	for range 2 {
		for _, p := range []Price{known, dearer, {}} {
			if got := refs.Of(p); got != p.Ref() {
				t.Errorf("%+v is called %q, want %q", p, got, p.Ref())
			}
		}
	}
	if len(refs) != 2 {
		t.Errorf("%d prices are remembered", len(refs))
	}
}
