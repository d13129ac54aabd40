package responses_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/providertest"
	"nexusai/backend/provider/responses"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.Run(t, adapter())
}

func adapter() providertest.Adapter {
	lossy := providertest.Hello("o1-pro")
	lossy.Stop, lossy.TopK = []string{"END"}, 3
	return providertest.Adapter{
		Open: func(t testing.TB, at providertest.Place) llm.Client {
			c, err := openai.New(openai.Config{BaseURL: at.BaseURL, APIKey: at.Key, Dialect: openai.OpenAI(), HTTP: at.HTTP, Deadlines: at.Deadlines, Log: at.Log})
			if err != nil {
				t.Fatal(err)
			}
			return responses.Client{Client: c}
		},
		KeyHeader: "Authorization", KeyValue: "Bearer " + providertest.Key, RequestID: "X-Request-Id",
		Chats: []providertest.Chat{plain(), tools(), thought(), schema(), cutShort()},
		Ping:  ": ping\n\n",
		Errors: []providertest.Error{
			{Name: "bad request", Status: 400, Body: `{"error":{"message":"Unsupported parameter","type":"invalid_request_error","param":"temperature","code":"unsupported_parameter"}}`, Code: fault.BadRequest},
			{Name: "too long", Status: 400, Body: `{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}`, Code: fault.ContextTooLong},
			{Name: "bad key", Status: 401, Body: `{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}`, Code: fault.UpstreamRefused},
			{Name: "no such model", Status: 404, Body: `{"error":{"message":"no","code":"model_not_found"}}`, Code: fault.ModelUnknown},
			{Name: "limited", Status: 429, Header: []string{"Retry-After", "7"}, Body: `{"error":{"message":"slow","code":"rate_limit_exceeded"}}`, Code: fault.RateLimited, Wait: 7 * time.Second},
			{Name: "failed", Status: 500, Body: `oops`, Code: fault.UpstreamFailed},
		},
		StreamErrors: map[string]fault.Code{
			event("error", `,"code":"server_error","message":"broken `+providertest.Key+`","param":null,"sequence_number":3`):                              fault.UpstreamFailed,
			event("response.failed", `,"response":{"id":"r","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"},"output":[]}`):       fault.RateLimited,
			event("error", `,"error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"Your input exceeds the context window"}`): fault.ContextTooLong,
		},
		Losses: []providertest.Loss{{Name: "stop", Request: lossy, Want: []string{"top_k", "stop"}}},
		Models: &providertest.Models{Path: "/models", Pages: []string{`{"object":"list","data":[{"id":"o1-pro","object":"model"}]}`}, Want: []string{"o1-pro"}},
		Embed: &providertest.Embed{
			Request: llm.EmbedRequest{Model: "e", Inputs: []string{"a"}}, Path: "/embeddings",
			JSON: `{"model":"e","data":[{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":4,"total_tokens":4}}`,
			Want: llm.Embeddings{Model: "e", Vectors: [][]float32{{1, 2}}, Dim: 2, Usage: llm.Usage{Input: 4}},
		},
		Forwards: map[llm.Wire]string{
			llm.OpenAIResponses: "/responses", llm.OpenAIEmbeddings: "/embeddings", llm.OpenAITranscribe: "/audio/transcriptions", llm.OpenAISpeech: "/audio/speech",
			llm.OpenAITranscribeEvents: "/audio/transcriptions", llm.OpenAISpeechEvents: "/audio/speech",
		},
	}
}

func plain() providertest.Chat {
	req := providertest.Hello("o1-pro")
	req.MaxTokens, req.User = 64, "u1"
	req.Messages = append([]llm.Message{{Role: llm.System, Text: "Be brief."}}, req.Messages...)
	req.Messages[1].Images = []llm.Image{{Data: []byte{1, 2}, MIME: "image/png"}}
	return providertest.Chat{
		Name: "text", Request: req, Path: "/responses",
		Sent: `{"model":"o1-pro","stream":true,"store":false,"include":["reasoning.encrypted_content"],"max_output_tokens":64,"user":"u1",
			"input":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"input_text","text":"hello"},{"type":"input_image","image_url":"data:image/png;base64,AQI="}]}]}`,
		Stream: event("response.created", `,"sequence_number":0,"response":{"id":"resp_1","object":"response","model":"o1-pro-2025-03-19","status":"in_progress","output":[],"usage":null}`) +
			event("response.output_item.added", `,"sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}`) +
			event("response.content_part.added", `,"sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"text":""}`) +
			event("response.output_text.delta", `,"sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Olá","logprobs":[],"obfuscation":"x"`) +
			event("response.output_text.delta", `,"sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":", "`) +
			event("response.output_text.delta", `,"sequence_number":5,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"mundo 🌍"`) +
			event("response.output_text.done", `,"sequence_number":6,"item_id":"msg_1","output_index":0,"content_index":0,"text":"Olá, mundo 🌍"`) +
			event("response.output_item.done", `,"sequence_number":7,"output_index":0,"item":{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","text":"Olá, mundo 🌍"}],"role":"assistant"}`) +
			event("response.completed", `,"sequence_number":8,"response":`+strings.ReplaceAll(wholeText, "\n", "")),
		JSON: wholeText,
		Want: llm.Completion{Model: "o1-pro-2025-03-19", Text: "Olá, mundo 🌍", Finish: llm.FinishStop, Usage: llm.Usage{Input: 36, Cached: 20, Output: 87, Reasoning: 64}},
	}
}

const wholeText = `{"id":"resp_1","object":"response","model":"o1-pro-2025-03-19","status":"completed","error":null,"incomplete_details":null,
	"output":[{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","text":"Olá, mundo 🌍","annotations":[]}],"role":"assistant"}],
	"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":20},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123}}`

func tools() providertest.Chat {
	req := providertest.Hello("o1-pro")
	req.Tools = []llm.ToolSpec{{Name: "add", Description: "Adds.", Parameters: json.RawMessage(`{"type":"object"}`), Strict: true}, {Name: "now"}}
	req.ToolChoice = llm.ToolChoice{Mode: llm.ToolNamed, Name: "add", OneAtATime: true}
	req.Messages = append(req.Messages,
		llm.Message{Role: llm.Assistant, Text: "I add.", ToolCalls: []llm.ToolCall{{ID: "c0", Name: "add", Arguments: `{"x":1}`}}},
		llm.Message{Role: llm.Tool, ToolCallID: "c0", Text: "overflow", ToolFailed: true},
	)
	return providertest.Chat{
		Name: "tools", Request: req, Path: "/responses",
		Sent: `{"model":"o1-pro","stream":true,"store":false,"include":["reasoning.encrypted_content"],"tool_choice":{"type":"function","name":"add"},"parallel_tool_calls":false,
			"tools":[{"type":"function","name":"add","description":"Adds.","parameters":{"type":"object"},"strict":true},{"type":"function","name":"now","parameters":{"type":"object","properties":{}},"strict":false}],
			"input":[{"role":"user","content":"hello"},{"role":"assistant","content":"I add."},{"type":"function_call","call_id":"c0","name":"add","arguments":"{\"x\":1}"},
				{"type":"function_call_output","call_id":"c0","output":"Error: overflow"}]}`,
		Stream: event("response.created", `,"response":{"id":"resp_2","model":"up","status":"in_progress"}`) +
			event("response.output_item.added", `,"output_index":0,"item":{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"c1","name":"add"}`) +
			event("response.function_call_arguments.delta", `,"item_id":"fc_1","output_index":0,"delta":"{\"é\""`) +
			event("response.function_call_arguments.delta", `,"item_id":"fc_1","output_index":0,"delta":":1}"`) +
			event("response.function_call_arguments.done", `,"item_id":"fc_1","output_index":0,"arguments":"{\"é\":1}"`) +
			event("response.output_item.done", `,"output_index":0,"item":{"id":"fc_1","type":"function_call","arguments":"{\"é\":1}","call_id":"c1","name":"add"}`) +
			event("response.output_item.added", `,"output_index":1,"item":{"id":"fc_2","type":"function_call","arguments":"","call_id":"c2","name":"now"}`) +
			event("response.output_item.done", `,"output_index":1,"item":{"id":"fc_2","type":"function_call","arguments":"{}","call_id":"c2","name":"now"}`) +
			event("response.completed", `,"response":`+strings.ReplaceAll(wholeCalls, "\n", "")),
		JSON: wholeCalls,
		Want: llm.Completion{
			Model: "up", Finish: llm.FinishTools, Usage: llm.Usage{Input: 3, Output: 8},
			ToolCalls: []llm.ToolCall{{ID: "c1", Name: "add", Arguments: `{"é":1}`}, {ID: "c2", Name: "now", Arguments: "{}"}},
		},
	}
}

const wholeCalls = `{"id":"resp_2","model":"up","status":"completed","output":[{"id":"fc_1","type":"function_call","arguments":"{\"é\":1}","call_id":"c1","name":"add"},
	{"id":"fc_2","type":"function_call","arguments":"{}","call_id":"c2","name":"now"}],"usage":{"input_tokens":3,"output_tokens":8}}`

// thought gives sealed reasoning back as it was, and gets more of it.
func thought() providertest.Chat {
	req := providertest.Hello("o1-pro")
	req.Effort = llm.EffortLow
	req.Messages = append(req.Messages, llm.Message{Role: llm.Assistant, Text: "b", Reasoning: []llm.Reasoning{
		{Text: "earlier", Sealed: "gAAAA", Wire: llm.OpenAIResponses}, {Text: "of another", Sealed: "x", Wire: llm.AnthropicMessages}, {Sealed: "gBBBB", Wire: llm.OpenAIResponses},
	}}, llm.Message{Role: llm.User, Text: "c"})
	return providertest.Chat{
		Name: "reasoning", Request: req, Path: "/responses",
		Sent: `{"model":"o1-pro","stream":true,"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"low","summary":"auto"},
			"input":[{"role":"user","content":"hello"},{"type":"reasoning","summary":[{"type":"summary_text","text":"earlier"}],"encrypted_content":"gAAAA"},
				{"type":"reasoning","summary":[],"encrypted_content":"gBBBB"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`,
		Stream: event("response.created", `,"response":{"id":"resp_3","model":"up","status":"in_progress"}`) +
			event("response.output_item.added", `,"output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"partial"}`) +
			event("response.reasoning_summary_part.added", `,"item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}`) +
			event("response.reasoning_summary_text.delta", `,"item_id":"rs_1","output_index":0,"summary_index":0,"delta":"First, "`) +
			event("response.reasoning_summary_text.delta", `,"item_id":"rs_1","output_index":0,"summary_index":0,"delta":"é."`) +
			event("response.output_item.done", `,"output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"First, é."}],"encrypted_content":"gCCCC"}`) +
			event("response.output_text.delta", `,"item_id":"msg","output_index":1,"content_index":0,"delta":"27"`) +
			event("response.completed", `,"response":`+strings.ReplaceAll(wholeThought, "\n", "")),
		JSON: wholeThought,
		Want: llm.Completion{
			Model: "up", Text: "27", Finish: llm.FinishStop, Usage: llm.Usage{Input: 3, Output: 30, Reasoning: 26},
			Reasoning: []llm.Reasoning{{Text: "First, é.", Sealed: "gCCCC", Wire: llm.OpenAIResponses}},
		},
	}
}

const wholeThought = `{"id":"resp_3","model":"up","status":"completed","output":[{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"First, é."}],"encrypted_content":"gCCCC"},
	{"type":"message","content":[{"type":"output_text","text":"27"}]}],"usage":{"input_tokens":3,"output_tokens":30,"output_tokens_details":{"reasoning_tokens":26}}}`

func schema() providertest.Chat {
	req := providertest.Hello("o1-pro")
	req.Schema, req.SchemaName = json.RawMessage(`{"type":"object"}`), "thing"
	return providertest.Chat{
		Name: "schema", Request: req, Path: "/responses",
		Sent: `{"model":"o1-pro","stream":true,"store":false,"include":["reasoning.encrypted_content"],"input":[{"role":"user","content":"hello"}],
			"text":{"format":{"type":"json_schema","name":"thing","schema":{"type":"object"},"strict":true}}}`,
		Stream: event("response.output_text.delta", `,"delta":"{}"`) + event("response.completed", `,"response":{"id":"r","model":"up","status":"completed","output":[],"usage":{"input_tokens":1,"output_tokens":1}}`),
		Want:   llm.Completion{Model: "up", Text: "{}", Finish: llm.FinishStop, Usage: llm.Usage{Input: 1, Output: 1}},
	}
}

func cutShort() providertest.Chat {
	return providertest.Chat{
		Name: "limit", Request: providertest.Hello("o1-pro"), Path: "/responses",
		Stream: event("response.output_text.delta", `,"delta":"a"`) + event("response.incomplete", `,"response":{"id":"r","model":"up","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":1,"output_tokens":1}}`),
		Want:   llm.Completion{Model: "up", Text: "a", Finish: llm.FinishLength, Usage: llm.Usage{Input: 1, Output: 1}},
	}
}
