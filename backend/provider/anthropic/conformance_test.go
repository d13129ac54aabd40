package anthropic_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/provider/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, adapter())
}

func adapter() providertest.Adapter {
	return providertest.Adapter{
		Open: func(t testing.TB, at providertest.Place) llm.Client {
			c, err := anthropic.New(anthropic.Config{BaseURL: at.BaseURL, APIKey: at.Key, HTTP: at.HTTP, Deadlines: at.Deadlines, Log: at.Log})
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		KeyHeader: "X-Api-Key", KeyValue: providertest.Key, RequestID: "Request-Id",
		Chats:  []providertest.Chat{text(), parallelTools(), thought(), seen(), schema(), schemaByTool(), refused(), cutShort(), stoppedByWord()},
		Ping:   "event: ping\ndata: {\"type\": \"ping\"}\n\n",
		Errors: refusals(),
		StreamErrors: map[string]fault.Code{
			"event: error\ndata: {\"type\": \"error\", \"error\": {\"type\": \"overloaded_error\", \"message\": \"Overloaded " + providertest.Key + "\"}}\n\n": fault.UpstreamFailed,
			"event: error\ndata: {\"type\": \"error\", \"error\": {\"type\": \"rate_limit_error\", \"message\": \"slow\"}}\n\n":                                fault.RateLimited,
			"event: error\ndata: not JSON\n\n": fault.UpstreamFailed,
		},
		Losses: lost(),
		Models: &providertest.Models{
			Path: "/models?limit=1000",
			Pages: []string{
				`{"data":[{"type":"model","id":"claude-opus-4-6","display_name":"A","created_at":"2026-02-04T00:00:00Z"}],"has_more":true,"first_id":"claude-opus-4-6","last_id":"claude-opus-4-6"}`,
				`{"data":[{"type":"model","id":"claude-haiku-4-5","display_name":"B","created_at":"2025-10-01T00:00:00Z"}],"has_more":false,"last_id":"claude-haiku-4-5"}`,
			},
			Want: []string{"claude-opus-4-6", "claude-haiku-4-5"},
		},
		Count: &providertest.Count{
			Request: llm.ChatRequest{Model: "claude-opus-4-6", MaxTokens: 5, Messages: []llm.Message{{Role: llm.System, Text: "short"}, {Role: llm.User, Text: "hi"}}},
			Path:    "/messages/count_tokens",
			Sent:    `{"model":"claude-opus-4-6","system":[{"type":"text","text":"short"}],"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`,
			JSON:    `{"input_tokens": 14}`, Want: 14,
		},
		Forwards: map[llm.Wire]string{llm.AnthropicMessages: "/messages", llm.AnthropicCount: "/messages/count_tokens"},
	}
}

// stream writes events as the wire does, each under its own name.
func stream(data ...string) string {
	var out strings.Builder
	for _, d := range data {
		var e struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal([]byte(d), &e); err != nil {
			panic(err)
		}
		out.WriteString("event: " + e.Type + "\ndata: " + d + "\n\n")
	}
	return out.String()
}

func user(text string) []llm.Message { return []llm.Message{{Role: llm.User, Text: text}} }

func at[T any](v T) *T { return &v }

func text() providertest.Chat {
	return providertest.Chat{
		Name: "text",
		Request: llm.ChatRequest{
			Model: "claude-sonnet-4-5", MaxTokens: 64, Temperature: at(0.0), TopK: 5, Stop: []string{"END"}, User: "u1",
			Messages: []llm.Message{
				{Role: llm.System, Text: "Be brief."}, {Role: llm.User, Text: "Olá?"}, {Role: llm.Assistant, Text: "Sim."},
				{Role: llm.User, Text: "Say it."}, {Role: llm.User, Text: "Please."},
			},
		},
		Path: "/messages",
		Sent: `{"model":"claude-sonnet-4-5","max_tokens":64,"temperature":0,"top_k":5,"stop_sequences":["END"],"metadata":{"user_id":"u1"},"stream":true,
			"system":[{"type":"text","text":"Be brief."}],
			"messages":[{"role":"user","content":[{"type":"text","text":"Olá?"}]},{"role":"assistant","content":[{"type":"text","text":"Sim."}]},
			{"role":"user","content":[{"type":"text","text":"Say it."},{"type":"text","text":"Please."}]}]}`,
		Stream: stream(
			`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":200,"cache_read_input_tokens":100,"cache_creation":{"ephemeral_5m_input_tokens":150,"ephemeral_1h_input_tokens":50},"output_tokens":1}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
			`{"type": "ping"}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Olá"}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":", "}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"mundo \u00e9 🌍"}}`,
			`{"type":"content_block_stop","index":0}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":25,"cache_read_input_tokens":100,"output_tokens":15}}`,
			`{"type":"message_stop"}`,
		),
		JSON: `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[{"type":"text","text":"Olá, mundo é 🌍"}],"stop_reason":"end_turn","stop_sequence":null,
			"usage":{"input_tokens":25,"cache_creation_input_tokens":200,"cache_read_input_tokens":100,"cache_creation":{"ephemeral_5m_input_tokens":150,"ephemeral_1h_input_tokens":50},"output_tokens":15}}`,
		Want: llm.Completion{
			Model: "claude-sonnet-4-5-20250929", Text: "Olá, mundo é 🌍", Finish: llm.FinishStop,
			Usage: llm.Usage{Input: 325, Cached: 100, CacheWrite: 200, CacheHour: 50, Output: 15},
		},
	}
}

// parallelTools goes the whole way: calls that were answered, and new ones.
func parallelTools() providertest.Chat {
	return providertest.Chat{
		Name: "tools",
		Request: llm.ChatRequest{
			Model: "claude-sonnet-4-5", MaxTokens: 64,
			Tools: []llm.ToolSpec{
				{Name: "weather", Description: "Looks outside.", Parameters: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}}}`), Strict: true},
				{Name: "now"},
			},
			ToolChoice: llm.ToolChoice{Mode: llm.ToolsRequired, OneAtATime: true},
			Messages: []llm.Message{
				{Role: llm.User, Text: "Weather?"},
				{Role: llm.Assistant, Text: "Let me look.", ToolCalls: []llm.ToolCall{{ID: "toolu_1", Name: "weather", Arguments: ` {"city":"Lisboa"}`}, {ID: "toolu_2", Name: "now"}}},
				{Role: llm.Tool, ToolCallID: "toolu_1", Text: "no such city", ToolFailed: true},
				{Role: llm.Tool, ToolCallID: "toolu_2"},
				{Role: llm.User, Text: "Again."},
			},
		},
		Path: "/messages",
		Sent: `{"model":"claude-sonnet-4-5","max_tokens":64,"stream":true,"tool_choice":{"type":"any","disable_parallel_tool_use":true},
			"tools":[{"name":"weather","description":"Looks outside.","strict":true,"input_schema":{"type":"object","additionalProperties":false,"properties":{"city":{"type":"string"}}}},
				{"name":"now","input_schema":{"type":"object"}}],
			"messages":[{"role":"user","content":[{"type":"text","text":"Weather?"}]},
				{"role":"assistant","content":[{"type":"text","text":"Let me look."},{"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Lisboa"}},{"type":"tool_use","id":"toolu_2","name":"now","input":{}}]},
				{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":[{"type":"text","text":"no such city"}]},
					{"type":"tool_result","tool_use_id":"toolu_2"},{"type":"text","text":"Again."}]}]}`,
		Stream: stream(
			`{"type":"message_start","message":{"id":"msg_2","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":10,"output_tokens":2}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Both."}}`,
			`{"type":"content_block_stop","index":0}`,
			`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_3","name":"weather","input":{}}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"city\": \"Év"}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"ora\"}"}}`,
			`{"type":"content_block_stop","index":1}`,
			`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_4","name":"now","input":{}}}`,
			`{"type":"content_block_stop","index":2}`,
			`{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":40}}`,
			`{"type":"message_stop"}`,
		),
		JSON: `{"id":"msg_2","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Both."},
			{"type":"tool_use","id":"toolu_3","name":"weather","input":{"city": "Évora"}},{"type":"tool_use","id":"toolu_4","name":"now","input":{}}],
			"stop_reason":"tool_use","usage":{"input_tokens":10,"output_tokens":40}}`,
		Want: llm.Completion{
			Model: "m", Text: "Both.", Finish: llm.FinishTools, Usage: llm.Usage{Input: 10, Output: 40},
			ToolCalls: []llm.ToolCall{{ID: "toolu_3", Name: "weather", Arguments: `{"city": "Évora"}`}, {ID: "toolu_4", Name: "now", Arguments: "{}"}},
		},
	}
}

// thought gives sealed reasoning back as it was, and gets more of it.
func thought() providertest.Chat {
	return providertest.Chat{
		Name: "reasoning",
		Request: llm.ChatRequest{
			Model: "claude-opus-4-7", MaxTokens: 64, Effort: llm.EffortMinimal, Temperature: at(1.0),
			Messages: []llm.Message{
				{Role: llm.User, Text: "a"},
				{Role: llm.Assistant, Text: "b", Reasoning: []llm.Reasoning{
					{Text: "earlier", Sealed: "c2lnbmVk", Wire: llm.AnthropicMessages},
					{Sealed: anthropic.SealRedacted("b3BhcXVl"), Wire: llm.AnthropicMessages},
					{Sealed: "c2lsZW50", Wire: llm.AnthropicMessages},
					{Text: "not sealed", Wire: llm.AnthropicMessages},
				}},
				{Role: llm.User, Text: "c"},
			},
		},
		Path: "/messages",
		Sent: `{"model":"claude-opus-4-7","max_tokens":64,"stream":true,"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"low"},
			"messages":[{"role":"user","content":[{"type":"text","text":"a"}]},
				{"role":"assistant","content":[{"type":"thinking","thinking":"earlier","signature":"c2lnbmVk"},{"type":"redacted_thinking","data":"b3BhcXVl"},
					{"type":"thinking","thinking":"","signature":"c2lsZW50"},{"type":"text","text":"b"}]},
				{"role":"user","content":[{"type":"text","text":"c"}]}]}`,
		Stream: stream(
			`{"type":"message_start","message":{"id":"msg_3","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":3,"output_tokens":1,"output_tokens_details":{"thinking_tokens":0}}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"First, "}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"é."}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCgIYAhIM"}}`, // in pieces, like all else
			`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"1gbcDa9GJwZA2b3h"}}`,
			`{"type":"content_block_stop","index":0}`,
			`{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix"}}`,
			`{"type":"content_block_stop","index":1}`,
			`{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}`,
			`{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"27"}}`,
			`{"type":"content_block_stop","index":2}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":30,"output_tokens_details":{"thinking_tokens":26}}}`,
			`{"type":"message_stop"}`,
		),
		JSON: `{"id":"msg_3","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"First, é.","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3h"},
			{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix"},{"type":"text","text":"27"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":30,"output_tokens_details":{"thinking_tokens":26}}}`,
		Want: llm.Completion{
			Model: "m", Text: "27", Finish: llm.FinishStop, Usage: llm.Usage{Input: 3, Output: 30, Reasoning: 26},
			Reasoning: []llm.Reasoning{
				{Text: "First, é.", Sealed: "EqQBCgIYAhIM1gbcDa9GJwZA2b3h", Wire: llm.AnthropicMessages},
				{Sealed: anthropic.SealRedacted("EmwKAhgBEgy3va3pzix"), Wire: llm.AnthropicMessages},
			},
		},
	}
}

// short is an answer of one word.
func short(word, reason string) string {
	return stream(
		`{"type":"message_start","message":{"id":"msg_4","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"`+word+`"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":`+reason+`},"usage":{"output_tokens":2}}`,
		`{"type":"message_stop"}`,
	)
}

func shortly(word string, finish llm.Finish) llm.Completion {
	return llm.Completion{Model: "m", Text: word, Finish: finish, Usage: llm.Usage{Input: 3, Output: 2}}
}

func seen() providertest.Chat {
	return providertest.Chat{
		Name: "images",
		Request: llm.ChatRequest{Model: "claude-3-haiku-20240307", Messages: []llm.Message{
			{Role: llm.User, Text: "What is it?", Images: []llm.Image{
				{Data: []byte("png"), MIME: "image/png"}, {URL: "https://images.example/a.jpg"}, {URL: "data:image/gif;base64,R0lG"},
			}},
			{Role: llm.Assistant, ToolCalls: []llm.ToolCall{{ID: "t", Name: "look", Arguments: "{}"}}},
			{Role: llm.Tool, ToolCallID: "t", Images: []llm.Image{{Data: []byte("x"), MIME: "image/webp"}}},
		}},
		Path: "/messages",
		Sent: `{"model":"claude-3-haiku-20240307","max_tokens":4096,"stream":true,"messages":[
			{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"cG5n"}},{"type":"image","source":{"type":"url","url":"https://images.example/a.jpg"}},
				{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0lG"}},{"type":"text","text":"What is it?"}]},
			{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"look","input":{}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"base64","media_type":"image/webp","data":"eA=="}}]}]}]}`,
		Stream: short("cat", `"end_turn"`), Want: shortly("cat", llm.FinishStop),
	}
}

var answerSchema = json.RawMessage(`{"type":"object","properties":{"a":{"type":"object","properties":{}},"b":{"enum":[{"type":"object"}]}}}`)

func schema() providertest.Chat {
	return providertest.Chat{
		Name:    "schema",
		Request: llm.ChatRequest{Model: "claude-sonnet-4-5", MaxTokens: 9, Schema: answerSchema, Messages: user("a")},
		Path:    "/messages",
		Sent: `{"model":"claude-sonnet-4-5","max_tokens":9,"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],
			"output_config":{"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false,"properties":{"a":{"type":"object","additionalProperties":false,"properties":{}},"b":{"enum":[{"type":"object"}]}}}}}}`,
		Stream: short(`{\"a\":{}}`, `"end_turn"`), Want: shortly(`{"a":{}}`, llm.FinishStop),
	}
}

// schemaByTool is the same of a model that follows no schema: what it says
// beside the tool is dropped.
func schemaByTool() providertest.Chat {
	return providertest.Chat{
		Name:    "schema through a tool",
		Request: llm.ChatRequest{Model: "claude-sonnet-4-20250514", MaxTokens: 9, Schema: answerSchema, Messages: user("a"), Tools: []llm.ToolSpec{{Name: "final_answer"}}},
		Path:    "/messages",
		Sent: `{"model":"claude-sonnet-4-20250514","max_tokens":9,"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"tool_choice":{"type":"any"},
			"tools":[{"name":"final_answer","input_schema":{"type":"object"}},{"name":"final_answer_","description":"Call this tool with the final answer.","input_schema":` + string(answerSchema) + `}]}`,
		Stream: stream(
			`{"type":"message_start","message":{"id":"msg_4","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Here: "}}`,
			`{"type":"content_block_stop","index":0}`,
			`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"final_answer_","input":{}}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}`,
			`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}}"}}`,
			`{"type":"content_block_stop","index":1}`,
			`{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":2}}`,
			`{"type":"message_stop"}`,
		),
		Want: shortly(`{"a":{}}`, llm.FinishStop),
	}
}

func refused() providertest.Chat {
	return providertest.Chat{Name: "refusal", Request: providertest.Hello("claude-opus-5"), Stream: short("I", `"refusal","stop_details":{"type":"refusal"}`), Want: shortly("I", llm.FinishRefusal)}
}

func cutShort() providertest.Chat {
	return providertest.Chat{Name: "length", Request: providertest.Hello("claude-opus-5"), Stream: short("I", `"max_tokens"`), Want: shortly("I", llm.FinishLength)}
}

func stoppedByWord() providertest.Chat {
	want := shortly("I", llm.FinishStop)
	want.StopSequence = "END"
	return providertest.Chat{Name: "stop sequence", Request: providertest.Hello("claude-opus-5"), Stream: short("I", `"stop_sequence","stop_sequence":"END"`), Want: want}
}

func refusals() []providertest.Error {
	says := func(kind, message string) string {
		return `{"type":"error","error":{"type":"` + kind + `","message":"` + message + `"},"request_id":"req_0001"}`
	}
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	return []providertest.Error{
		{Name: "bad request", Status: 400, Body: says("invalid_request_error", "messages: at least one message is required"), Code: fault.BadRequest},
		{Name: "too long", Status: 400, Body: says("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"), Code: fault.ContextTooLong},
		{Name: "too long with its answer", Status: 400, Body: says("invalid_request_error", "input length and `max_tokens` exceed context limit: 198000 + 8192 > 200000"), Code: fault.ContextTooLong},
		{Name: "no credit", Status: 400, Body: says("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), Code: fault.UpstreamRefused},
		{Name: "bad key", Status: 401, Body: says("authentication_error", "invalid x-api-key"), Code: fault.UpstreamRefused},
		{Name: "unpaid", Status: 402, Body: says("billing_error", "billing"), Code: fault.UpstreamRefused},
		{Name: "forbidden", Status: 403, Body: says("permission_error", "no"), Code: fault.UpstreamRefused},
		{Name: "no such model", Status: 404, Body: says("not_found_error", "model: claude-9"), Code: fault.ModelUnknown},
		{Name: "too large", Status: 413, Body: says("request_too_large", "Request exceeds the maximum size"), Code: fault.TooLarge},
		{Name: "limited", Status: 429, Header: []string{"Retry-After", "7"}, Body: says("rate_limit_error", "slow"), Code: fault.RateLimited, Wait: 7 * time.Second},
		{
			Name: "limited, by its limits", Status: 429, Code: fault.RateLimited, Wait: time.Hour, Until: true,
			Header: []string{
				"Anthropic-Ratelimit-Requests-Remaining", "5", "Anthropic-Ratelimit-Requests-Reset", "2126-01-01T00:00:00Z",
				"Anthropic-Ratelimit-Input-Tokens-Remaining", "0", "Anthropic-Ratelimit-Input-Tokens-Reset", later,
			},
			Body: says("rate_limit_error", "slow"),
		},
		{Name: "failed", Status: 500, Body: says("api_error", "Internal server error"), Code: fault.UpstreamFailed},
		{Name: "slow", Status: 504, Body: says("timeout_error", "timed out"), Code: fault.Timeout},
		{Name: "overloaded", Status: 529, Header: []string{"Retry-After", "2"}, Body: says("overloaded_error", "Overloaded"), Code: fault.UpstreamFailed, Wait: 2 * time.Second},
		{Name: "a proxy in between", Status: 502, Body: "<html>Bad gateway</html>", Code: fault.UpstreamFailed},
		{Name: "a kind nobody knows", Status: 418, Body: says("teapot_error", "short"), Code: fault.BadRequest},
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
		{Name: "what it has no word for", Want: []string{"logprobs", "messages.0.name", "seed", "n", "frequency_penalty", "presence_penalty"}, Request: with("claude-sonnet-4-5", func(r *llm.ChatRequest) {
			r.Unknown, r.Seed, r.Choices, r.Frequency, r.Presence = []string{"logprobs"}, at(int64(1)), 2, at(0.5), at(0.5)
			r.Messages[0].Name = "ann"
		})},
		{Name: "what changes nothing", Request: with("claude-opus-5", func(r *llm.ChatRequest) {
			r.Choices, r.Frequency, r.Presence, r.Temperature, r.TopP = 1, at(0.0), at(0.0), at(1.0), at(1.0)
		})},
		{Name: "sampling of a model that has none", Want: []string{"temperature", "top_p", "top_k"}, Request: with("claude-opus-4-7", func(r *llm.ChatRequest) {
			r.Temperature, r.TopP, r.TopK = at(0.5), at(0.5), 3
		})},
		{Name: "too hot", Want: []string{"temperature"}, Request: with("claude-sonnet-4-5", func(r *llm.ChatRequest) { r.Temperature = at(1.7) })},
		{Name: "sampling while it thinks", Want: []string{"temperature", "top_k"}, Request: with("claude-sonnet-4-5", func(r *llm.ChatRequest) {
			r.Effort, r.Temperature, r.TopP, r.TopK = llm.EffortLow, at(0.5), at(0.97), 3
		})},
		{Name: "somebody else's seal", Want: []string{"messages.1.reasoning", "messages.1.tool_calls.0.sealed"}, Request: with("claude-opus-5", func(r *llm.ChatRequest) {
			r.Messages = append(r.Messages, llm.Message{
				Role: llm.Assistant, Text: "b", Reasoning: []llm.Reasoning{{Sealed: "x", Wire: llm.OpenAIResponses}},
				ToolCalls: []llm.ToolCall{{ID: "t", Name: "f", Arguments: "{}", Sealed: "y", Wire: llm.GeminiGenerate}},
			}, llm.Message{Role: llm.Tool, ToolCallID: "t"})
		})},
		{Name: "a late instruction", Want: []string{"messages.1.role"}, Request: with("claude-opus-5", func(r *llm.ChatRequest) {
			r.Messages = append(r.Messages, llm.Message{Role: llm.System, Text: "now in verse"})
		})},
		{Name: "thinking beside a forced tool", Want: []string{"effort"}, Request: with("claude-sonnet-4-5", func(r *llm.ChatRequest) {
			r.Effort, r.Tools, r.ToolChoice.Mode = llm.EffortHigh, []llm.ToolSpec{{Name: "f"}}, llm.ToolsRequired
		})},
		{Name: "a budget where there are efforts", Want: []string{"think_tokens"}, Request: with("claude-opus-5", func(r *llm.ChatRequest) { r.ThinkTokens = 2000 })},
		{Name: "no room to think", Want: []string{"think_tokens"}, Request: with("claude-sonnet-4-5", func(r *llm.ChatRequest) { r.ThinkTokens, r.MaxTokens = 2000, 1000 })},
		{Name: "a model that does not think", Want: []string{"effort"}, Request: with("claude-3-5-haiku-20241022", func(r *llm.ChatRequest) { r.Effort = llm.EffortHigh })},
		{Name: "a schema that is no object", Want: []string{"schema"}, Request: with("claude-3-5-haiku-20241022", func(r *llm.ChatRequest) { r.Schema = json.RawMessage(`{"type":"array"}`) })},
		{Name: "strict tools of a model without", Want: []string{"tools.0.strict"}, Request: with("claude-3-5-haiku-20241022", func(r *llm.ChatRequest) { r.Tools = []llm.ToolSpec{{Name: "f", Strict: true}} })},
	}
}
