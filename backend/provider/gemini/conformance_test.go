package gemini_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/gemini"
	"nexusai/backend/provider/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, adapter())
}

// album has one picture at every address.
type album struct{}

func (album) Fetch(_ context.Context, url string) (llm.Image, error) {
	return llm.Image{Data: []byte("of " + url), MIME: "image/jpeg"}, nil
}

func open(t testing.TB, at providertest.Place) llm.Client {
	c, err := gemini.New(gemini.Config{
		BaseURL: at.BaseURL, APIKey: at.Key, HTTP: at.HTTP, Pictures: album{}, Deadlines: at.Deadlines, Log: at.Log,
		NewID: func() string { return "call_new" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func adapter() providertest.Adapter {
	return providertest.Adapter{
		Open:      open,
		KeyHeader: "X-Goog-Api-Key", KeyValue: providertest.Key,
		Chats:  []providertest.Chat{text(), tools(), thought(), images(), schema(), filtered(), blocked(), cutShort(), budgeted()},
		Errors: refusals(),
		StreamErrors: map[string]fault.Code{
			"data: {\"error\": {\"code\": 503, \"message\": \"overloaded " + providertest.Key + "\", \"status\": \"UNAVAILABLE\"}}\n\n": fault.UpstreamFailed,
			"data: {\"error\": {\"code\": 429, \"message\": \"slow\", \"status\": \"RESOURCE_EXHAUSTED\"}}\n\n":                         fault.RateLimited,
			"data: {\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\"}]}\n\n":                                               fault.UpstreamFailed,
		},
		Losses: lost(),
		Models: &providertest.Models{
			Path: "/models?pageSize=1000",
			Pages: []string{
				`{"models":[{"name":"models/gemini-3.5-flash","supportedGenerationMethods":["generateContent"]}],"nextPageToken":"t/1"}`,
				`{"models":[{"name":"models/gemini-embedding-2"}]}`,
			},
			Want: []string{"gemini-3.5-flash", "gemini-embedding-2"},
		},
		Embed: &providertest.Embed{
			Request: llm.EmbedRequest{Model: "gemini-embedding-2", Inputs: []string{"abcd", "efgh"}, Dim: 2},
			Path:    "/models/gemini-embedding-2:batchEmbedContents",
			Sent: `{"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"abcd"}]},"outputDimensionality":2},
				{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"efgh"}]},"outputDimensionality":2}]}`,
			JSON: `{"embeddings":[{"values":[1,2]},{"values":[0.5,1]}]}`,
			Want: llm.Embeddings{Model: "gemini-embedding-2", Vectors: [][]float32{{1, 2}, {0.5, 1}}, Dim: 2, Usage: llm.Usage{Input: 2, Estimated: true}},
		},
		Count: &providertest.Count{
			Request: llm.ChatRequest{Model: "gemini-3.5-flash", Messages: []llm.Message{{Role: llm.System, Text: "short"}, {Role: llm.User, Text: "hi"}}},
			Path:    "/models/gemini-3.5-flash:countTokens",
			Sent: `{"generateContentRequest":{"model":"models/gemini-3.5-flash","systemInstruction":{"parts":[{"text":"short"}]},
				"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generationConfig":{}}}`,
			JSON: `{"totalTokens":31,"promptTokensDetails":[{"modality":"TEXT","tokenCount":31}]}`, Want: 31,
		},
	}
}

func stream(data ...string) string { return "data: " + strings.Join(data, "\n\ndata: ") + "\n\n" }

func at[T any](v T) *T { return &v }

const streamed = ":streamGenerateContent?alt=sse"

func text() providertest.Chat {
	return providertest.Chat{
		Name: "text",
		Request: llm.ChatRequest{
			Model: "gemini-2.0-flash", MaxTokens: 64, Temperature: at(0.0), TopP: at(0.5), TopK: 5, Stop: []string{"END"}, Seed: at(int64(0)),
			Frequency: at(0.5), Presence: at(0.0),
			Messages: []llm.Message{
				{Role: llm.System, Text: "Be brief."}, {Role: llm.User, Text: "Olá?"}, {Role: llm.Assistant, Text: "Sim."}, {Role: llm.User, Text: "Say it."},
			},
		},
		Path: "/models/gemini-2.0-flash" + streamed,
		Sent: `{"systemInstruction":{"parts":[{"text":"Be brief."}]},
			"contents":[{"role":"user","parts":[{"text":"Olá?"}]},{"role":"model","parts":[{"text":"Sim."}]},{"role":"user","parts":[{"text":"Say it."}]}],
			"generationConfig":{"maxOutputTokens":64,"temperature":0,"topP":0.5,"topK":5,"stopSequences":["END"],"seed":0,"frequencyPenalty":0.5,"presencePenalty":0}}`,
		Stream: stream(
			`{"candidates": [{"content": {"parts": [{"text": "Olá"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 10,"totalTokenCount": 10},"modelVersion": "gemini-2.0-flash-001","responseId": "r1"}`,
			`{"candidates": [{"content": {"parts": [{"text": ", "}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 10,"candidatesTokenCount": 3,"totalTokenCount": 13},"modelVersion": "gemini-2.0-flash-001","responseId": "r1"}`,
			`{"candidates": [{"content": {"parts": [{"text": "mundo 🌍"}],"role": "model"},"finishReason": "STOP","index": 0,"safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT","probability": "NEGLIGIBLE"}]}],"usageMetadata": {"promptTokenCount": 10,"cachedContentTokenCount": 4,"candidatesTokenCount": 7,"totalTokenCount": 17,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 8},{"modality": "AUDIO","tokenCount": 2}]},"modelVersion": "gemini-2.0-flash-001","responseId": "r1"}`,
		),
		JSON: `{"candidates":[{"content":{"parts":[{"text":"Olá, mundo 🌍"}],"role":"model"},"finishReason":"STOP","index":0}],
			"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,"candidatesTokenCount":7,"totalTokenCount":17,"promptTokensDetails":[{"modality":"TEXT","tokenCount":8},{"modality":"AUDIO","tokenCount":2}]},
			"modelVersion":"gemini-2.0-flash-001","responseId":"r1"}`,
		Want: llm.Completion{
			Model: "gemini-2.0-flash-001", RequestID: "r1", Text: "Olá, mundo 🌍", Finish: llm.FinishStop,
			Usage: llm.Usage{Input: 10, Cached: 4, AudioIn: 2, Output: 7},
		},
	}
}

// tools goes the whole way: calls that were answered, and new ones. The calls
// of another model have no signature, the vendor's word stands in for it.
func tools() providertest.Chat {
	return providertest.Chat{
		Name: "tools",
		Request: llm.ChatRequest{
			Model:      "models/gemini-3.5-flash",
			Tools:      []llm.ToolSpec{{Name: "weather", Description: "Looks outside.", Parameters: json.RawMessage(`{"type":"object"}`), Strict: true}, {Name: "now"}},
			ToolChoice: llm.ToolChoice{Mode: llm.ToolNamed, Name: "weather"},
			Messages: []llm.Message{
				{Role: llm.User, Text: "Weather?"},
				{Role: llm.Assistant, Text: "Let me look.", ToolCalls: []llm.ToolCall{{ID: "1", Name: "weather", Arguments: ` {"city":"Lisboa"}`}, {ID: "2", Name: "now"}}},
				{Role: llm.Tool, ToolCallID: "1", Text: "no such city", ToolFailed: true},
				{Role: llm.Tool, ToolCallID: "2", Text: ` {"hour":9}`},
				{Role: llm.Assistant, ToolCalls: []llm.ToolCall{{ID: "3", Name: "now", Arguments: "{}", Sealed: "c2lnbmVk", Wire: llm.GeminiGenerate}, {ID: "4", Name: "now"}}},
				{Role: llm.Tool, ToolCallID: "3", Text: "nine", Images: []llm.Image{{Data: []byte("x"), MIME: "image/png"}}},
				{Role: llm.Tool, ToolCallID: "4"},
				{Role: llm.User, Text: "Again."},
			},
		},
		Path: "/models/gemini-3.5-flash" + streamed,
		Sent: `{"generationConfig":{},"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["weather"]}},
			"tools":[{"functionDeclarations":[{"name":"weather","description":"Looks outside.","parametersJsonSchema":{"type":"object"}},{"name":"now"}]}],
			"contents":[{"role":"user","parts":[{"text":"Weather?"}]},
				{"role":"model","parts":[{"text":"Let me look."},{"functionCall":{"id":"1","name":"weather","args":{"city":"Lisboa"}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"2","name":"now","args":{}}}]},
				{"role":"user","parts":[{"functionResponse":{"id":"1","name":"weather","response":{"error":"no such city"}}},{"functionResponse":{"id":"2","name":"now","response":{"hour":9}}}]},
				{"role":"model","parts":[{"functionCall":{"id":"3","name":"now","args":{}},"thoughtSignature":"c2lnbmVk"},{"functionCall":{"id":"4","name":"now","args":{}}}]},
				{"role":"user","parts":[{"functionResponse":{"id":"3","name":"now","response":{"output":"nine"}}},{"inlineData":{"mimeType":"image/png","data":"eA=="}},{"functionResponse":{"id":"4","name":"now","response":{"output":""}}}]},
				{"role":"user","parts":[{"text":"Again."}]}]}`,
		Stream: stream(
			`{"candidates":[{"content":{"parts":[{"text":"Both."}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10},"modelVersion":"m","responseId":"r2"}`,
			`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"weather","args":{"city":"Évora"}},"thoughtSignature":"EpwCCpkC"},{"functionCall":{"id":"x1","name":"now"}}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10}}`,
			`{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"toolUsePromptTokenCount":5,"candidatesTokenCount":40}}`,
		),
		JSON: `{"candidates":[{"content":{"parts":[{"text":"Both."},{"functionCall":{"name":"weather","args":{"city":"Évora"}},"thoughtSignature":"EpwCCpkC"},{"functionCall":{"id":"x1","name":"now"}}]},"finishReason":"STOP"}],
			"usageMetadata":{"promptTokenCount":10,"toolUsePromptTokenCount":5,"candidatesTokenCount":40},"modelVersion":"m","responseId":"r2"}`,
		Want: llm.Completion{
			Model: "m", RequestID: "r2", Text: "Both.", Finish: llm.FinishTools, Usage: llm.Usage{Input: 15, Output: 40},
			ToolCalls: []llm.ToolCall{
				{ID: "call_new", Name: "weather", Arguments: `{"city":"Évora"}`, Sealed: "EpwCCpkC", Wire: llm.GeminiGenerate},
				{ID: "x1", Name: "now", Arguments: "{}"},
			},
		},
	}
}

// thought gives a signature back where it was, and gets another one.
func thought() providertest.Chat {
	return providertest.Chat{
		Name: "reasoning",
		Request: llm.ChatRequest{
			Model: "gemini-3.5-flash", Effort: llm.EffortHigh,
			Messages: []llm.Message{
				{Role: llm.User, Text: "a"},
				{Role: llm.Assistant, Text: "b", Reasoning: []llm.Reasoning{{Text: "earlier", Sealed: "c2lnbmVk", Wire: llm.GeminiGenerate}}},
				{Role: llm.User, Text: "c"},
			},
		},
		Path: "/models/gemini-3.5-flash" + streamed,
		Sent: `{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b","thoughtSignature":"c2lnbmVk"}]},{"role":"user","parts":[{"text":"c"}]}],
			"generationConfig":{"thinkingConfig":{"thinkingLevel":"high","includeThoughts":true}}}`,
		Stream: stream(
			`{"candidates":[{"content":{"parts":[{"text":"First, ","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":3,"thoughtsTokenCount":9},"modelVersion":"m","responseId":"r3"}`,
			`{"candidates":[{"content":{"parts":[{"text":"é.","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":3,"thoughtsTokenCount":20}}`,
			`{"candidates":[{"content":{"parts":[{"text":"27"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"thoughtsTokenCount":26}}`,
			`{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"EqQBCgIYAhIM"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":26}}`,
		),
		Want: llm.Completion{
			Model: "m", RequestID: "r3", Text: "27", Finish: llm.FinishStop, Usage: llm.Usage{Input: 3, Output: 30, Reasoning: 26},
			Reasoning: []llm.Reasoning{{Text: "First, é.", Sealed: "EqQBCgIYAhIM", Wire: llm.GeminiGenerate}},
		},
	}
}

func short(word, reason string) string {
	return stream(
		`{"candidates":[{"content":{"parts":[{"text":"`+word+`"}]}}],"usageMetadata":{"promptTokenCount":3},"modelVersion":"m","responseId":"r4"}`,
		`{"candidates":[{"finishReason":"`+reason+`"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}`,
	)
}

func shortly(word string, finish llm.Finish) llm.Completion {
	return llm.Completion{Model: "m", RequestID: "r4", Text: word, Finish: finish, Usage: llm.Usage{Input: 3, Output: 2}}
}

func images() providertest.Chat {
	return providertest.Chat{
		Name: "images",
		Request: llm.ChatRequest{Model: "gemini-2.5-pro", Effort: llm.EffortMinimal, Messages: []llm.Message{{Role: llm.User, Text: "What is it?", Images: []llm.Image{
			{Data: []byte("png"), MIME: "image/png"}, {URL: "https://a.example/b"},
		}}}},
		Sent: `{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"cG5n"}},{"inlineData":{"mimeType":"image/jpeg","data":"b2YgaHR0cHM6Ly9hLmV4YW1wbGUvYg=="}},{"text":"What is it?"}]}],
			"generationConfig":{"thinkingConfig":{"thinkingBudget":512,"includeThoughts":true}}}`,
		Stream: short("cat", "STOP"), Want: shortly("cat", llm.FinishStop),
	}
}

func schema() providertest.Chat {
	req := providertest.Hello("gemini-2.5-flash")
	req.Schema = json.RawMessage(`{"type":"object","properties":{"a":{"type":"integer"}}}`)
	return providertest.Chat{
		Name: "schema", Request: req,
		Sent: `{"contents":[{"role":"user","parts":[{"text":"hello"}]}],
			"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":"integer"}}}}}`,
		Stream: short(`{\"a\":1}`, "STOP"), Want: shortly(`{"a":1}`, llm.FinishStop),
	}
}

func filtered() providertest.Chat {
	return providertest.Chat{Name: "stopped for safety", Request: providertest.Hello("gemini-2.5-flash"), Stream: short("I", "SAFETY"), Want: shortly("I", llm.FinishRefusal)}
}

func cutShort() providertest.Chat {
	return providertest.Chat{Name: "length", Request: providertest.Hello("gemini-2.5-flash"), Stream: short("I", "MAX_TOKENS"), Want: shortly("I", llm.FinishLength)}
}

func blocked() providertest.Chat {
	return providertest.Chat{
		Name: "prompt blocked", Request: providertest.Hello("gemini-2.5-flash"),
		Stream: stream(`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3},"modelVersion":"m","responseId":"r4"}`),
		Want:   llm.Completion{Model: "m", RequestID: "r4", Finish: llm.FinishRefusal, Usage: llm.Usage{Input: 3}},
	}
}

func budgeted() providertest.Chat {
	req := providertest.Hello("gemini-2.5-flash")
	req.ThinkTokens, req.JSON = 2000, true
	return providertest.Chat{
		Name: "a budget, and some JSON", Request: req,
		Sent: `{"contents":[{"role":"user","parts":[{"text":"hello"}]}],"generationConfig":{"responseMimeType":"application/json","thinkingConfig":{"thinkingBudget":2000,"includeThoughts":true}}}`,
		// No usage: it is estimated from four bytes a token.
		Stream: stream(`{"candidates":[{"content":{"parts":[{"text":"{"}]}}]}`, `{"candidates":[{"content":{"parts":[{"text":"}    "}]},"finishReason":"STOP"}]}`),
		Want:   llm.Completion{Text: "{}    ", Finish: llm.FinishStop, Usage: llm.Usage{Input: 45, Output: 2, Estimated: true}},
	}
}

func refusals() []providertest.Error {
	says := func(code int, status, message, details string) string {
		return fmt.Sprintf(`{"error":{"code":%d,"message":%q,"status":%q,"details":[%s]}}`, code, message, status, details)
	}
	return []providertest.Error{
		{Name: "bad request", Status: 400, Body: says(400, "INVALID_ARGUMENT", "Invalid value at 'contents'", ""), Code: fault.BadRequest},
		{Name: "bad key", Status: 400, Body: says(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", `{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}`), Code: fault.UpstreamRefused},
		{Name: "too long", Status: 400, Body: says(400, "INVALID_ARGUMENT", "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).", ""), Code: fault.ContextTooLong},
		{Name: "not in this country", Status: 400, Body: says(400, "FAILED_PRECONDITION", "User location is not supported for the API use.", ""), Code: fault.UpstreamRefused},
		{Name: "no key", Status: 401, Body: says(401, "UNAUTHENTICATED", "no", ""), Code: fault.UpstreamRefused},
		{Name: "forbidden", Status: 403, Body: says(403, "PERMISSION_DENIED", "no", ""), Code: fault.UpstreamRefused},
		{Name: "no such model", Status: 404, Body: says(404, "NOT_FOUND", "models/x is not found", ""), Code: fault.ModelUnknown},
		{Name: "too large", Status: 413, Body: "<html>", Code: fault.TooLarge},
		{
			Name: "limited", Status: 429, Code: fault.RateLimited, Wait: 46500 * time.Millisecond,
			Body: says(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, limit: 5, model: x", `{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46.5s"}`),
		},
		{Name: "limited, by its header", Status: 429, Header: []string{"Retry-After", "9"}, Body: says(429, "RESOURCE_EXHAUSTED", "slow", ""), Code: fault.RateLimited, Wait: 9 * time.Second},
		{Name: "in a list", Status: 429, Body: "[" + says(429, "RESOURCE_EXHAUSTED", "slow", "") + "]", Code: fault.RateLimited},
		{Name: "no share of the model", Status: 429, Body: says(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: requests, limit: 0, model: x", ""), Code: fault.UpstreamRefused},
		{Name: "no credit", Status: 429, Body: says(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", ""), Code: fault.UpstreamRefused},
		{Name: "failed", Status: 500, Body: says(500, "INTERNAL", "An internal error has occurred.", ""), Code: fault.UpstreamFailed},
		{Name: "overloaded", Status: 503, Body: says(503, "UNAVAILABLE", "The model is overloaded.", ""), Code: fault.UpstreamFailed},
		{Name: "slow", Status: 504, Body: says(504, "DEADLINE_EXCEEDED", "late", ""), Code: fault.Timeout},
		{Name: "a proxy in between", Status: 502, Body: "<html>Bad gateway</html>", Code: fault.UpstreamFailed},
		{Name: "no words", Status: 403, Code: fault.UpstreamRefused},
	}
}

func lost() []providertest.Loss {
	with := func(model string, change func(*llm.ChatRequest)) llm.ChatRequest {
		req := providertest.Hello(model)
		change(&req)
		return req
	}
	return []providertest.Loss{
		{Name: "what it has no word for", Want: []string{"logprobs", "messages.0.name", "parallel_tool_calls", "seed", "n", "user"}, Request: with("gemini-3.5-flash", func(r *llm.ChatRequest) {
			r.Unknown, r.Seed, r.Choices, r.User = []string{"logprobs"}, at(int64(math.MaxInt32)+1), 2, "u"
			r.Messages[0].Name = "ann"
			r.Tools, r.ToolChoice.OneAtATime = []llm.ToolSpec{{Name: "f"}}, true
		})},
		{Name: "somebody else's seal", Want: []string{"messages.1.reasoning", "messages.1.tool_calls.0.sealed"}, Request: with("gemini-3.5-flash", func(r *llm.ChatRequest) {
			r.Messages = append(r.Messages, llm.Message{
				Role: llm.Assistant, Text: "b", Reasoning: []llm.Reasoning{{Sealed: "x", Wire: llm.AnthropicMessages}},
				ToolCalls: []llm.ToolCall{{ID: "t", Name: "f", Sealed: "y", Wire: llm.OpenAIResponses}},
			})
		})},
		{Name: "a late instruction with a picture", Want: []string{"messages.1.role", "messages.1.image"}, Request: with("gemini-3.5-flash", func(r *llm.ChatRequest) {
			r.Messages = append(r.Messages, llm.Message{Role: llm.System, Text: "now in verse", Images: []llm.Image{{Data: []byte("x")}}})
		})},
		{Name: "a schema beside tools", Want: []string{"schema"}, Request: with("gemini-2.5-flash", func(r *llm.ChatRequest) {
			r.Schema, r.Tools = json.RawMessage(`{}`), []llm.ToolSpec{{Name: "f"}}
		})},
		{Name: "a model that cannot but think", Want: []string{"effort"}, Request: with("gemini-flash-latest", func(r *llm.ChatRequest) { r.Effort = llm.EffortNone })},
		{Name: "one that does not", Want: []string{"effort", "think_tokens"}, Request: with("gemini-2.0-flash", func(r *llm.ChatRequest) { r.Effort, r.ThinkTokens = llm.EffortLow, 5 })},
	}
}
