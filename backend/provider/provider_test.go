package provider_test

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"nexusai/backend/llm"
	"nexusai/backend/provider"
)

func TestEveryKindOpens(t *testing.T) {
	t.Parallel()
	seen := map[provider.Kind]bool{}
	for _, about := range provider.Kinds() {
		if seen[about.Kind] || about.Name == "" {
			t.Errorf("%q is there twice or has no name", about.Kind)
		}
		seen[about.Kind] = true
		if start, err := url.Parse(cmp.Or(about.Example, about.BaseURL)); err != nil || start.Host == "" || (about.Local && about.Example == "") {
			t.Errorf("%s: its form would begin with %v: %v", about.Kind, start, err)
		}
		c, err := provider.Open(provider.Config{Kind: about.Kind, BaseURL: "http://models.example/v1", HTTP: http.DefaultClient, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Errorf("%s: %v", about.Kind, err)
			continue
		}
		_, some := c.(llm.Transcriber)
		some = some && about.Kind == provider.Whisper || about.Kind == provider.Gemini // their bytes are not passed on
		for _, w := range []llm.Wire{
			llm.OpenAIChat, llm.OpenAICompletions, llm.OpenAIResponses, llm.OpenAIEmbeddings, llm.OpenAITranscribe, llm.OpenAISpeech,
			llm.Rerank, llm.AnthropicMessages, llm.AnthropicCount, llm.GeminiGenerate,
		} {
			some = some || c.Speaks(w)
		}
		if !some {
			t.Errorf("%s speaks nothing", about.Kind)
		}
	}
	for _, bad := range []provider.Config{
		{}, {Kind: "nobody", BaseURL: "http://a/v1"}, {Kind: provider.Azure}, {Kind: provider.Compatible}, {Kind: provider.OpenAI, BaseURL: "nowhere"},
	} {
		bad.HTTP, bad.Log = http.DefaultClient, slog.New(slog.DiscardHandler)
		if _, err := provider.Open(bad); err == nil || !strings.Contains(err.Error(), ":") {
			t.Errorf("%q at %q opens: %v", bad.Kind, bad.BaseURL, err)
		}
	}
}
