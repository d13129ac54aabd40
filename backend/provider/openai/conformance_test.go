package openai_test

import (
	"encoding/json"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/providertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, adapter())
}

// adapter is any OpenAI-compatible endpoint.
func adapter() providertest.Adapter {
	return providertest.Adapter{
		Open: func(t testing.TB, at providertest.Place) llm.Client {
			c, err := openai.New(openai.Config{BaseURL: at.BaseURL, APIKey: at.Key, HTTP: at.HTTP, Deadlines: at.Deadlines, Log: at.Log})
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		KeyHeader: "Authorization", KeyValue: "Bearer " + providertest.Key, RequestID: "X-Request-Id",
		Chats: []providertest.Chat{plainChat(), toolChat()},
		Ping:  ": keep-alive\n\n",
		Errors: []providertest.Error{
			{Name: "bad request", Status: 400, Body: `{"error":{"message":"bad","type":"invalid_request_error","param":"temperature","code":null}}`, Code: fault.BadRequest},
			{Name: "too long", Status: 400, Body: `{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, Code: fault.ContextTooLong},
			{Name: "bad key", Status: 401, Body: `{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}`, Code: fault.UpstreamRefused},
			{Name: "no such model", Status: 404, Body: `{"error":{"message":"no","code":"model_not_found"}}`, Code: fault.ModelUnknown},
			{Name: "limited", Status: 429, Header: []string{"Retry-After", "7"}, Body: `{"error":{"message":"slow","code":"rate_limit_exceeded"}}`, Code: fault.RateLimited, Wait: 7 * time.Second},
			{Name: "no credit", Status: 429, Body: `{"error":{"message":"pay","type":"insufficient_quota","code":"insufficient_quota"}}`, Code: fault.UpstreamRefused},
			{Name: "failed", Status: 500, Body: `oops`, Code: fault.UpstreamFailed},
			{Name: "overloaded", Status: 503, Header: []string{"Retry-After", "2"}, Body: `{"error":{"message":"overloaded"}}`, Code: fault.UpstreamFailed, Wait: 2 * time.Second},
		},
		StreamErrors: map[string]fault.Code{
			`data: {"error":{"message":"overloaded ` + providertest.Key + `","code":503}}` + "\n\n": fault.UpstreamFailed,
			"event: error\ndata: {\"message\":\"slow\",\"code\":429}\n\n":                           fault.RateLimited,
		},
		Models: &providertest.Models{Path: "/models", Pages: []string{`{"object":"list","data":[{"id":"a","object":"model"},{"id":"b","object":"model"}]}`}, Want: []string{"a", "b"}},
		Embed: &providertest.Embed{
			Request: llm.EmbedRequest{Model: "e", Inputs: []string{"a", "b"}}, Path: "/embeddings",
			Sent: `{"input":["a","b"],"model":"e","encoding_format":"float"}`,
			JSON: `{"model":"e","data":[{"index":1,"embedding":[0.5,1]},{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":4,"total_tokens":4}}`,
			Want: llm.Embeddings{Model: "e", Vectors: [][]float32{{1, 2}, {0.5, 1}}, Dim: 2, Usage: llm.Usage{Input: 4}},
		},
		Forwards: map[llm.Wire]string{llm.OpenAIChat: "/chat/completions", llm.OpenAIEmbeddings: "/embeddings"},
	}
}

func plainChat() providertest.Chat {
	return providertest.Chat{
		Name:    "text",
		Request: hello(),
		Path:    "/chat/completions",
		Sent:    `{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true}}`,
		Stream: `data: {"id":"c1","object":"chat.completion.chunk","model":"up","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"c1","object":"chat.completion.chunk","model":"up","choices":[{"index":0,"delta":{"content":"Olá"},"finish_reason":null}],"usage":null}

data: {"id":"c1","object":"chat.completion.chunk","model":"up","choices":[{"index":0,"delta":{"content":", "},"finish_reason":null}],"usage":null}

data: {"id":"c1","object":"chat.completion.chunk","model":"up","choices":[{"index":0,"delta":{"content":"mundo 🌍"},"finish_reason":null}],"usage":null}

data: {"id":"c1","object":"chat.completion.chunk","model":"up","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

data: {"id":"c1","object":"chat.completion.chunk","model":"up","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":1}}}

data: [DONE]

`,
		JSON: `{"id":"c1","object":"chat.completion","model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"Olá, mundo 🌍"},"finish_reason":"stop"}],
			"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":1}}}`,
		Want: llm.Completion{Model: "up", Text: "Olá, mundo 🌍", Finish: llm.FinishStop, Usage: llm.Usage{Input: 9, Cached: 5, Output: 4, Reasoning: 1}},
	}
}

func toolChat() providertest.Chat {
	req := hello()
	req.Tools = []llm.ToolSpec{{Name: "add", Parameters: json.RawMessage(`{"type":"object"}`)}, {Name: "now", Parameters: json.RawMessage(`{"type":"object"}`)}}
	return providertest.Chat{
		Name: "tools", Request: req, Path: "/chat/completions",
		Stream: `data: {"id":"c2","model":"up","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"add","arguments":""}}]},"finish_reason":null}]}

data: {"id":"c2","model":"up","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"é\""}}]},"finish_reason":null}]}

data: {"id":"c2","model":"up","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"now","arguments":"{}"}}]},"finish_reason":null}]}

data: {"id":"c2","model":"up","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"finish_reason":null}]}

data: {"id":"c2","model":"up","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"id":"c2","model":"up","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":8,"total_tokens":11}}

data: [DONE]

`,
		Want: llm.Completion{
			Model: "up", Finish: llm.FinishTools, Usage: llm.Usage{Input: 3, Output: 8},
			ToolCalls: []llm.ToolCall{{ID: "a", Name: "add", Arguments: `{"é":1}`}, {ID: "b", Name: "now", Arguments: "{}"}},
		},
	}
}
