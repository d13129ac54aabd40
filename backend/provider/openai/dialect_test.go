package openai_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

var update = flag.Bool("update", false, "write the golden files")

func dialects(baseURL string) []openai.Dialect {
	return []openai.Dialect{
		openai.OpenAI(), openai.Azure(baseURL, ""), openai.DeepSeek(), openai.Mistral(), openai.Meta(),
		openai.VLLM(), openai.LlamaCPP(), openai.Ollama(), openai.Any(),
	}
}

func pointer[T any](v T) *T { return &v }

// everything is a request with all that the vocabulary can say.
func everything() llm.ChatRequest {
	return llm.ChatRequest{
		Model: "m/1",
		Messages: []llm.Message{
			{Role: llm.System, Text: "be brief"},
			{Role: llm.User, Name: "ana", Text: "look", Images: []llm.Image{{Data: []byte{1, 2}, MIME: "image/png"}}},
			{
				Role: llm.Assistant, Text: "I look", Reasoning: []llm.Reasoning{{Text: "hm", Sealed: "s", Wire: llm.AnthropicMessages}},
				ToolCalls: []llm.ToolCall{{ID: "a", Name: "see", Arguments: `{"x":1}`}, {ID: "b", Name: "see", Arguments: "{}", Sealed: "g"}},
			},
			{Role: llm.Tool, ToolCallID: "a", Text: "seen", Images: []llm.Image{{Data: []byte{3}, MIME: "image/gif"}}},
			{Role: llm.Tool, ToolCallID: "b", Text: "no light", ToolFailed: true},
			{Role: llm.User, Text: "and?"},
			{Role: llm.Assistant, Text: "It is", Reasoning: []llm.Reasoning{{Text: "aha"}}},
		},
		MaxTokens: 50, Temperature: pointer(0.0), TopP: pointer(0.5), TopK: 7, Stop: []string{"END"}, Seed: pointer(int64(0)),
		Schema: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}}}`), SchemaName: "thing",
		Tools: []llm.ToolSpec{
			{Name: "see", Description: "looks", Parameters: json.RawMessage(`{"type":"object","properties":{"x":{"type":"integer"}}}`), Strict: true},
			{Name: "now"},
		},
		ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "see", OneAtATime: true},
		Effort:     llm.EffortHigh, ThinkTokens: 4000, Choices: 2, Frequency: pointer(0.1), Presence: pointer(0.0), User: "u1",
		Unknown: []string{"logprobs"},
	}
}

// TestDialects compares what leaves and what is said to be lost with the golden
// file of each dialect.
func TestDialects(t *testing.T) {
	t.Parallel()
	for _, d := range dialects("https://x.example/openai") {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			u := up.Serve(t, up.Answer("ok"))
			c, err := openai.New(openai.Config{BaseURL: u.URL, APIKey: key, Dialect: d, HTTP: u.Client, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			req := everything()
			if _, err := c.Chat(t.Context(), req, nil); err != nil {
				t.Fatal(err)
			}
			asked := u.Requests()[0]
			var got bytes.Buffer
			got.WriteString("POST " + asked.Path + "\n" + strings.Join(c.Losses(req), " ") + "\n")
			got.Write(indented(t, asked.Body))
			golden(t, d.Name, got.Bytes())
		})
	}
}

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", " "); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v; sent\n%s\nwant\n%s", err, got, want)
	}
}

func TestKeysGoWhereTheyBelong(t *testing.T) {
	t.Parallel()
	for _, d := range dialects("https://x.openai.azure.com/openai") {
		u := up.Serve(t, up.Answer("ok"))
		c, err := openai.New(openai.Config{BaseURL: u.URL, APIKey: key, Dialect: d, HTTP: u.Client, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Send(t.Context(), llm.Forward{Wire: llm.OpenAIChat, Body: []byte(`{"model":"gpt-4o","messages":[]}`)})
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		asked := u.Requests()[0]
		header, path := "Bearer "+key, "/v1/chat/completions"
		if d.Name == "azure" {
			header, path = "", "/v1/deployments/gpt-4o/chat/completions"
			if asked.Header.Get("Api-Key") != key || asked.Query != "api-version=2024-10-21" {
				t.Errorf("azure got %+v", asked)
			}
		}
		if asked.Header.Get("Authorization") != header || asked.Path != path {
			t.Errorf("%s got %q at %s", d.Name, asked.Header.Get("Authorization"), asked.Path)
		}
	}
}

func TestAzureWithoutDeploymentPaths(t *testing.T) {
	t.Parallel()
	d := openai.Azure("https://x.openai.azure.com/openai/v1/", "")
	if d.PerDeployment || d.Query != "" || d.Wires[llm.OpenAIResponses] == "" || d.KeyHeader != "Api-Key" {
		t.Errorf("%+v", d)
	}
	if old := openai.Azure("https://x.openai.azure.com/openai", "2025-01-01-preview"); old.Query != "api-version=2025-01-01-preview" || old.Wires[llm.OpenAIResponses] != "" {
		t.Errorf("%+v", old)
	}
}

func TestDialectsAreGuessedFromTheAddress(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://api.openai.com/v1": "openai", "https://API.deepseek.com": "deepseek", "https://api.mistral.ai/v1": "mistral",
		"https://api.llama.com/compat/v1": "meta", "https://a.openai.azure.com/openai": "azure", "https://api.openai.com.evil.test/v1": "any",
		"http://127.0.0.1:8080/v1": "any", "::": "any",
	} {
		if got := openai.DialectOf(url).Name; got != want {
			t.Errorf("%s is %s, want %s", url, got, want)
		}
	}
}

func TestAPlainRequestLosesNothing(t *testing.T) {
	t.Parallel()
	for _, d := range dialects("https://x.example/openai") {
		u := up.Serve(t, up.Answer("ok"))
		c, err := openai.New(openai.Config{BaseURL: u.URL, Dialect: d, HTTP: u.Client, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		req := hello()
		req.MaxTokens, req.Temperature, req.Stop = 9, pointer(1.0), []string{"x"}
		req.Tools = []llm.ToolSpec{{Name: "now"}}
		req.ToolChoice.Mode = llm.ToolsAuto
		if lost := c.Losses(req); len(lost) > 0 {
			t.Errorf("%s loses %q", d.Name, lost)
		}
	}
}

func TestWhoMayBeGivenAddresses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		dialect      openai.Dialect
		inside, want bool
	}{
		"anybody": {openai.Dialect{}, false, true}, "anybody inside": {openai.Dialect{}, true, false},
		"a vendor's wire inside": {openai.Mistral(), true, false}, "vLLM, wherever it is": {openai.VLLM(), false, false},
	} {
		c, err := openai.New(openai.Config{
			BaseURL: "https://gpu.example.com/v1", Dialect: tt.dialect, Inside: func() bool { return tt.inside }, HTTP: http.DefaultClient, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil || c.TakesAddresses() != tt.want {
			t.Errorf("%s: %v %v", name, c.TakesAddresses(), err)
		}
	}
}

func TestPicturesByAddress(t *testing.T) {
	t.Parallel()
	req := hello()
	req.Messages[0].Images = []llm.Image{{URL: "https://pictures.example/a.png"}}
	for _, d := range dialects("https://x.example/openai") {
		u := up.Serve(t, up.Answer("ok"))
		c, err := openai.New(openai.Config{BaseURL: u.URL, Dialect: d, HTTP: u.Client, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Chat(t.Context(), req, nil)
		inside := slices.Contains([]string{"vllm", "llama.cpp", "ollama"}, d.Name)
		if inside != (err != nil) {
			t.Errorf("%s: %v", d.Name, err)
		}
		if inside && len(u.Requests()) > 0 {
			t.Errorf("%s was told an address inside our network to fetch", d.Name)
		}
	}
}
