package seal_test

import (
	"testing"

	"nexusai/backend/llm"
	"nexusai/backend/surface/seal"
)

func FuzzRoundTrip(f *testing.F) {
	f.Add("EqQB+/=", true)
	f.Add("redacted_thinking:abc", false)
	f.Add("", false)
	f.Fuzz(func(t *testing.T, sealed string, own bool) {
		of := llm.GeminiGenerate
		if own {
			of = llm.AnthropicMessages
		}
		text := seal.Show(sealed, of, llm.AnthropicMessages)
		got, wire := seal.Read(text, llm.AnthropicMessages)
		if own && len(sealed) > 6 && sealed[:6] == "nexus:" {
			return // not a provider's
		}
		if got != sealed || (sealed != "" && wire != of) {
			t.Errorf("%q became %q of %q", sealed, got, wire)
		}
		if _, _, _, ok := seal.ReadCall(text); ok && sealed != "" && !own {
			t.Errorf("%q is taken for a call's", text)
		}
		if id, got, wire, ok := seal.ReadCall(seal.ShowCall("c1", sealed, of)); !ok || id != "c1" || got != sealed || wire != of {
			t.Errorf("%q of a call became %q", sealed, got)
		}
	})
}
