package openai_test

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/providertest"
)

// TestConformanceOfDialects runs the suite over each dialect, with answers as
// that vendor writes them.
func TestConformanceOfDialects(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]providertest.Adapter{
		"openai": openAIAdapter(), "azure": azureAdapter(), "deepseek": deepSeekAdapter(), "mistral": mistralAdapter(),
		"meta": metaAdapter(), "vllm": vllmAdapter(), "llama.cpp": llamaAdapter(), "ollama": ollamaAdapter(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, a)
		})
	}
}

// speaks is the adapter of any endpoint, with a dialect.
func speaks(d openai.Dialect) providertest.Adapter {
	a := adapter()
	a.Open = func(t testing.TB, at providertest.Place) llm.Client {
		c, err := openai.New(openai.Config{BaseURL: at.BaseURL, APIKey: at.Key, Dialect: d, HTTP: at.HTTP, Deadlines: at.Deadlines, Log: at.Log})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if d.Wires[llm.OpenAIEmbeddings] == "" {
		a.Embed = nil
	}
	a.Forwards = maps.Clone(d.Wires)
	return a
}

// only replaces the chats, of which the first is as the vendor streams text.
func only(a providertest.Adapter, chats ...providertest.Chat) providertest.Adapter {
	a.Chats = chats
	return a
}

func openAIAdapter() providertest.Adapter {
	a := speaks(openai.OpenAI())
	reasoning := hello()
	reasoning.MaxTokens, reasoning.Effort, reasoning.User = 100, llm.EffortLow, "u1"
	several := hello()
	several.Choices = 2
	seen := hello()
	seen.Messages[0].Images = []llm.Image{{URL: "https://pictures.example/a.png"}}
	schema := hello()
	schema.Schema, schema.SchemaName = json.RawMessage(`{"type":"object"}`), "thing"
	refused := hello()
	a.Chats = append(a.Chats,
		providertest.Chat{
			Name: "reasoning", Request: reasoning, Path: "/chat/completions",
			Sent: `{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":100,"reasoning_effort":"low","user":"u1"}`,
			Stream: chunks(
				`{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-5-2025-08-07","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}],"usage":null,"obfuscation":"x1"}`,
				`{"id":"c","model":"gpt-5-2025-08-07","choices":[{"index":0,"delta":{"content":"4"},"finish_reason":null}],"usage":null,"obfuscation":"y"}`,
				`{"id":"c","model":"gpt-5-2025-08-07","choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":null}`,
				`{"id":"c","model":"gpt-5-2025-08-07","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":74,"total_tokens":81,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":2},"completion_tokens_details":{"reasoning_tokens":64,"audio_tokens":3,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}`),
			Want: llm.Completion{Model: "gpt-5-2025-08-07", Text: "4", Finish: llm.FinishLength, Usage: llm.Usage{Input: 7, AudioIn: 2, Output: 74, Reasoning: 64, AudioOut: 3}},
		},
		providertest.Chat{
			Name: "pictures by address", Request: seen, Path: "/chat/completions",
			Sent:   `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hello"},{"type":"image_url","image_url":{"url":"https://pictures.example/a.png"}}]}],"stream":true,"stream_options":{"include_usage":true}}`,
			Stream: plainChat().Stream, Want: plainChat().Want,
		},
		providertest.Chat{
			Name: "schema", Request: schema, Path: "/chat/completions",
			Sent:   `{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true},"response_format":{"type":"json_schema","json_schema":{"name":"thing","schema":{"type":"object"},"strict":true}}}`,
			Stream: chunks(`{"id":"c","model":"up","choices":[{"index":0,"delta":{"content":"{}"},"finish_reason":"stop"}]}`, `{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}`),
			Want:   llm.Completion{Model: "up", Text: "{}", Finish: llm.FinishStop, Usage: llm.Usage{Input: 1, Output: 1}},
		},
		providertest.Chat{
			Name: "refusal", Request: refused, Path: "/chat/completions",
			Stream: chunks(`{"id":"c","model":"up","choices":[{"index":0,"delta":{"refusal":"I cannot."},"finish_reason":null}]}`, `{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}`, `{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}`),
			Want:   llm.Completion{Model: "up", Text: "I cannot.", Finish: llm.FinishRefusal, Usage: llm.Usage{Input: 1, Output: 2}},
		},
	)
	a.Errors = append(a.Errors, providertest.Error{
		Name: "over the tokens of a minute", Status: 429, Code: fault.RateLimited, Wait: 6 * time.Minute,
		Header: []string{"X-Ratelimit-Limit-Tokens", "10000", "X-Ratelimit-Remaining-Tokens", "0", "X-Ratelimit-Reset-Tokens", "6m0s", "X-Ratelimit-Remaining-Requests", "5"},
		Body:   `{"error":{"message":"Rate limit reached for gpt-4o on tokens per min (TPM)","type":"tokens","param":null,"code":"rate_limit_exceeded"}}`,
	})
	lossy := hello()
	lossy.TopK, lossy.Unknown = 5, []string{"logprobs"}
	a.Losses = []providertest.Loss{{Name: "top_k", Request: lossy, Want: []string{"logprobs", "top_k"}}, {Name: "nothing", Request: reasoning}}
	return a
}

// chunks is a stream of chat completion chunks with its end marker.
func chunks(data ...string) string {
	out := ""
	for _, d := range data {
		out += "data: " + d + "\n\n"
	}
	return out + "data: [DONE]\n\n"
}

// azureAdapter: deployments have paths, the key a header of its own, and the
// first chunk holds what the filter found in the prompt and no choice.
func azureAdapter() providertest.Adapter {
	const version = "?api-version=2024-10-21"
	a := speaks(openai.Azure("https://x.openai.azure.com/openai", ""))
	a.KeyHeader, a.KeyValue = "Api-Key", providertest.Key
	text := plainChat()
	text.Path = "/deployments/m/chat/completions" + version
	text.Sent = `{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true}}`
	text.Stream = chunks(
		`{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},"jailbreak":{"filtered":false,"detected":false}}}]}`,
		`{"choices":[{"content_filter_results":{},"delta":{"content":"","refusal":null,"role":"assistant"},"finish_reason":null,"index":0,"logprobs":null}],"created":1,"id":"c1","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk","system_fingerprint":"fp","usage":null}`,
		`{"choices":[{"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},"delta":{"content":"Olá, "},"finish_reason":null,"index":0,"logprobs":null}],"id":"c1","model":"gpt-4o-2024-11-20","usage":null}`,
		`{"choices":[{"content_filter_results":{},"delta":{"content":"mundo"},"finish_reason":null,"index":0,"logprobs":null}],"id":"c1","model":"gpt-4o-2024-11-20","usage":null}`,
		`{"choices":[{"content_filter_results":{},"delta":{},"finish_reason":"stop","index":0,"logprobs":null}],"id":"c1","model":"gpt-4o-2024-11-20","usage":null}`,
		`{"choices":[],"id":"c1","model":"gpt-4o-2024-11-20","usage":{"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":0},"prompt_tokens":11,"prompt_tokens_details":{"cached_tokens":0},"total_tokens":13}}`)
	text.JSON = `{"choices":[{"content_filter_results":{},"finish_reason":"stop","index":0,"logprobs":null,"message":{"content":"Olá, mundo","refusal":null,"role":"assistant"}}],"id":"c1","model":"gpt-4o-2024-11-20","object":"chat.completion","prompt_filter_results":[],"usage":{"completion_tokens":2,"prompt_tokens":11,"total_tokens":13}}`
	text.Want = llm.Completion{Model: "gpt-4o-2024-11-20", Text: "Olá, mundo", Finish: llm.FinishStop, Usage: llm.Usage{Input: 11, Output: 2}}
	filtered := providertest.Chat{
		Name: "filtered", Request: hello(), Path: text.Path,
		Stream: chunks(`{"choices":[{"delta":{"content":"How"},"finish_reason":null,"index":0}],"id":"c","model":"up"}`,
			`{"choices":[{"content_filter_results":{"violence":{"filtered":true,"severity":"medium"}},"delta":{},"finish_reason":"content_filter","index":0}],"id":"c","model":"up"}`,
			`{"choices":[],"id":"c","model":"up","usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}`),
		Want: llm.Completion{Model: "up", Text: "How", Finish: llm.FinishRefusal, Usage: llm.Usage{Input: 5, Output: 1}},
	}
	tools := toolChat()
	tools.Path = text.Path
	a = only(a, text, tools, filtered)
	a.Models = &providertest.Models{Path: "/models" + version, Pages: []string{`{"data":[{"id":"gpt-4o","status":"succeeded","object":"model"}],"object":"list"}`}, Want: []string{"gpt-4o"}}
	a.Embed.Path = "/deployments/e/embeddings" + version
	a.Errors = append(a.Errors,
		providertest.Error{
			Name: "prompt filtered", Status: 400, Code: fault.BadRequest,
			Body: `{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"violence":{"filtered":true,"severity":"high"}}}}}`,
		},
		providertest.Error{Name: "no such deployment", Status: 404, Code: fault.ModelUnknown, Body: `{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}`},
		providertest.Error{Name: "over the quota", Status: 429, Header: []string{"Retry-After", "31", "Retry-After-Ms", "30500"}, Code: fault.RateLimited, Wait: 30500 * time.Millisecond, Body: `{"error":{"code":"429","message":"Requests have exceeded token rate limit."}}`},
		providertest.Error{Name: "wrong key", Status: 401, Code: fault.UpstreamRefused, Body: `{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}`},
	)
	a.Forwards = map[llm.Wire]string{}
	for w, path := range openai.Azure("https://x.openai.azure.com/openai", "").Wires {
		if w != llm.OpenAITranscribe && w != llm.OpenAITranscribeEvents { // its bytes are a form; see TestAzureHearsAtADeployment
			a.Forwards[w] = "/deployments/m" + path + version
		}
	}
	return a
}

// deepSeekAdapter: thoughts come in a member of their own, and go back with
// calls; the cache has counters of its own.
func deepSeekAdapter() providertest.Adapter {
	a := speaks(openai.DeepSeek())
	a.RequestID = "X-Ds-Trace-Id"
	req := llm.ChatRequest{
		Model: "deepseek-v4-flash", Effort: llm.EffortHigh, Tools: []llm.ToolSpec{{Name: "now"}},
		Messages: []llm.Message{
			{Role: llm.User, Text: "time?"},
			{Role: llm.Assistant, Reasoning: []llm.Reasoning{{Text: "I look."}}, ToolCalls: []llm.ToolCall{{ID: "a", Name: "now", Arguments: "{}"}}},
			{Role: llm.Tool, ToolCallID: "a", Text: "noon"},
			{Role: llm.Assistant, Text: "Noon.", Reasoning: []llm.Reasoning{{Text: "So it is."}}},
			{Role: llm.User, Text: "thanks"},
		},
	}
	thought := providertest.Chat{
		Name: "thoughts", Request: req, Path: "/chat/completions",
		Sent: `{"model":"deepseek-v4-flash","stream":true,"stream_options":{"include_usage":true},"thinking":{"type":"enabled"},"reasoning_effort":"high",
			"tools":[{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{}}}}],
			"messages":[{"role":"user","content":"time?"},
			{"role":"assistant","content":"","reasoning_content":"I look.","tool_calls":[{"id":"a","type":"function","function":{"name":"now","arguments":"{}"}}]},
			{"role":"tool","content":"noon","tool_call_id":"a"},{"role":"assistant","content":"Noon."},{"role":"user","content":"thanks"}]}`,
		Stream: ": keep-alive\n\n" + chunks(
			`{"id":"d","object":"chat.completion.chunk","model":"deepseek-v4-flash","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":""},"logprobs":null,"finish_reason":null}]}`,
			`{"id":"d","model":"deepseek-v4-flash","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"They are "},"finish_reason":null}]}`,
			`{"id":"d","model":"deepseek-v4-flash","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"kind."},"finish_reason":null}]}`,
			`{"id":"d","model":"deepseek-v4-flash","choices":[{"index":0,"delta":{"content":"You are welcome.","reasoning_content":null},"finish_reason":null}]}`,
			`{"id":"d","model":"deepseek-v4-flash","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":9,"total_tokens":39,"prompt_tokens_details":{"cached_tokens":16},"completion_tokens_details":{"reasoning_tokens":4},"prompt_cache_hit_tokens":16,"prompt_cache_miss_tokens":14}}`),
		Want: llm.Completion{
			Model: "deepseek-v4-flash", Text: "You are welcome.", Finish: llm.FinishStop,
			Reasoning: []llm.Reasoning{{Text: "They are kind.", Wire: llm.OpenAIChat}}, Usage: llm.Usage{Input: 30, Cached: 16, Output: 9, Reasoning: 4},
		},
	}
	old := providertest.Chat{
		Name: "an older counter", Request: hello(), Path: "/chat/completions",
		Stream: chunks(`{"id":"d","model":"x","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":1,"prompt_cache_hit_tokens":16}}`),
		Want:   llm.Completion{Model: "x", Text: "a", Finish: llm.FinishStop, Usage: llm.Usage{Input: 30, Cached: 16, Output: 1}},
	}
	a = only(a, plainChat(), toolChat(), thought, old)
	a.Errors = append(a.Errors,
		providertest.Error{Name: "unpaid", Status: 402, Code: fault.UpstreamRefused, Body: `{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}`},
		providertest.Error{Name: "content", Status: 400, Code: fault.BadRequest, Body: `{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`},
		providertest.Error{Name: "too long", Status: 400, Code: fault.ContextTooLong, Body: `{"error":{"message":"This model's maximum context length is 131072 tokens. However, you requested 200000 tokens","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`},
	)
	schema := hello()
	schema.Schema, schema.Seed = json.RawMessage(`{"type":"object"}`), pointer(int64(1))
	a.Losses = []providertest.Loss{{Name: "a schema is only wished for", Request: schema, Want: []string{"seed", "schema"}}}
	return a
}

// mistralAdapter: usage comes unasked with the last chunk, thoughts as parts.
func mistralAdapter() providertest.Adapter {
	a := speaks(openai.Mistral())
	a.RequestID = "Mistral-Correlation-Id"
	text := plainChat()
	text.Request.Seed = pointer(int64(7))
	text.Sent = `{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"random_seed":7}`
	text.Stream = chunks(
		`{"id":"m1","object":"chat.completion.chunk","created":1,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`,
		`{"id":"m1","object":"chat.completion.chunk","created":1,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":"Olá, "},"finish_reason":null}]}`,
		`{"id":"m1","object":"chat.completion.chunk","created":1,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":"mundo"},"finish_reason":null}]}`,
		`{"id":"m1","object":"chat.completion.chunk","created":1,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":4,"total_tokens":7,"completion_tokens":3}}`)
	text.JSON = ""
	text.Want = llm.Completion{Model: "mistral-small-latest", Text: "Olá, mundo", Finish: llm.FinishStop, Usage: llm.Usage{Input: 4, Output: 3}}
	must := hello()
	must.Tools, must.ToolChoice = []llm.ToolSpec{{Name: "now", Strict: true}}, llm.ToolChoice{Mode: llm.ToolsRequired, OneAtATime: true}
	tools := providertest.Chat{
		Name: "tools", Request: must, Path: "/chat/completions",
		Sent: `{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"tool_choice":"any","parallel_tool_calls":false,
			"tools":[{"type":"function","function":{"name":"now","strict":true,"parameters":{"type":"object","properties":{}}}}]}`,
		Stream: chunks(`{"id":"m2","model":"x","choices":[{"index":0,"delta":{"content":"","tool_calls":[{"id":"D681PevKs","function":{"name":"now","arguments":"{}"},"index":0}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":94,"total_tokens":117,"completion_tokens":23}}`),
		Want:   llm.Completion{Model: "x", Finish: llm.FinishTools, Usage: llm.Usage{Input: 94, Output: 23}, ToolCalls: []llm.ToolCall{{ID: "D681PevKs", Name: "now", Arguments: "{}"}}},
	}
	goOn := hello()
	goOn.Messages = append(goOn.Messages, llm.Message{Role: llm.Assistant, Text: "It"})
	thought := providertest.Chat{
		Name: "thoughts as parts", Request: goOn, Path: "/chat/completions",
		Sent: `{"model":"m","messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"It","prefix":true}],"stream":true}`,
		Stream: chunks(
			`{"id":"m3","model":"magistral","choices":[{"index":0,"delta":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"Let me "}]}]},"finish_reason":null}]}`,
			`{"id":"m3","model":"magistral","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"see."}]}]},"finish_reason":null}]}`,
			`{"id":"m3","model":"magistral","choices":[{"index":0,"delta":{"content":[{"type":"text","text":" is"}]},"finish_reason":null}]}`,
			`{"id":"m3","model":"magistral","choices":[{"index":0,"delta":{"content":"."},"finish_reason":"model_length"}],"usage":{"prompt_tokens":4,"total_tokens":9,"completion_tokens":5}}`),
		Want: llm.Completion{Model: "magistral", Text: " is.", Reasoning: []llm.Reasoning{{Text: "Let me see.", Wire: llm.OpenAIChat}}, Finish: llm.FinishLength, Usage: llm.Usage{Input: 4, Output: 5}},
	}
	a = only(a, text, tools, thought)
	a.Errors = append(a.Errors,
		providertest.Error{Name: "unknown member", Status: 422, Code: fault.BadRequest, Body: `{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","top_k"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error","param":null,"code":null}`},
		providertest.Error{Name: "limit", Status: 429, Code: fault.RateLimited, Body: `{"message":"Requests rate limit exceeded","object":"error","type":"rate_limited","param":null,"code":"1300"}`},
		providertest.Error{Name: "wrong key", Status: 401, Code: fault.UpstreamRefused, Body: `{"detail":"Unauthorized"}`},
		providertest.Error{Name: "no such model", Status: 400, Code: fault.ModelUnknown, Body: `{"object":"error","message":"Invalid model: nope","type":"invalid_model","param":null,"code":"1500"}`},
		providertest.Error{Name: "too long", Status: 400, Code: fault.ContextTooLong, Body: `{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_prompt_too_large","param":null,"code":"3051"}`},
	)
	return a
}

func metaAdapter() providertest.Adapter {
	a := speaks(openai.Meta())
	capped := hello()
	capped.MaxTokens = 9
	a = only(a, plainChat(), toolChat(), providertest.Chat{
		Name: "limit", Request: capped, Path: "/chat/completions",
		Sent:   `{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":9}`,
		Stream: plainChat().Stream, Want: plainChat().Want,
	})
	a.Models = &providertest.Models{Path: "/models", Pages: []string{`{"data":[{"id":"Llama-3.3-8B-Instruct","created":1,"object":"model","owned_by":"Meta"}],"object":"list"}`}, Want: []string{"Llama-3.3-8B-Instruct"}}
	return a
}

// vllmAdapter: a stop sequence is named, thoughts have a newer name, errors come
// without an envelope or as an event in the stream.
func vllmAdapter() providertest.Adapter {
	a := speaks(openai.VLLM())
	stop := hello()
	stop.Stop, stop.TopK, stop.Effort = []string{"END"}, 3, llm.EffortNone
	goOn := hello()
	goOn.Messages = append(goOn.Messages, llm.Message{Role: llm.Assistant, Text: "It"})
	a = only(a, plainChat(), toolChat(),
		providertest.Chat{
			Name: "stop sequence", Request: stop, Path: "/chat/completions",
			Sent: `{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true},"stop":["END"],"top_k":3,"chat_template_kwargs":{"enable_thinking":false}}`,
			Stream: chunks(
				`{"id":"chatcmpl-1","object":"chat.completion.chunk","model":"q","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null}`,
				`{"id":"chatcmpl-1","model":"q","choices":[{"index":0,"delta":{"reasoning":"hm"},"logprobs":null,"finish_reason":null,"token_ids":null}]}`,
				`{"id":"chatcmpl-1","model":"q","choices":[{"index":0,"delta":{"content":"a"},"logprobs":null,"finish_reason":null,"token_ids":null}]}`,
				`{"id":"chatcmpl-1","model":"q","choices":[{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":"stop","stop_reason":"END"}]}`,
				`{"id":"chatcmpl-1","model":"q","choices":[],"usage":{"prompt_tokens":5,"total_tokens":8,"completion_tokens":3,"prompt_tokens_details":null}}`),
			Want: llm.Completion{Model: "q", Text: "a", Reasoning: []llm.Reasoning{{Text: "hm", Wire: llm.OpenAIChat}}, Finish: llm.FinishStop, StopSequence: "END", Usage: llm.Usage{Input: 5, Output: 3}},
		},
		providertest.Chat{
			Name: "going on", Request: goOn, Path: "/chat/completions",
			Sent:   `{"model":"m","messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"It"}],"stream":true,"stream_options":{"include_usage":true},"add_generation_prompt":false,"continue_final_message":true}`,
			Stream: plainChat().Stream, Want: plainChat().Want,
		},
	)
	a.Errors = append(a.Errors,
		providertest.Error{Name: "too long", Status: 400, Code: fault.ContextTooLong, Body: `{"object":"error","message":"This model's maximum context length is 8192 tokens. However, you requested 9000 tokens","type":"BadRequestError","param":null,"code":400}`},
		providertest.Error{Name: "no such model", Status: 404, Code: fault.ModelUnknown, Body: `{"error":{"message":"The model 'x' does not exist.","type":"NotFoundError","param":null,"code":404}}`},
	)
	a.StreamErrors[`data: {"error":{"message":"EngineCore encountered an issue.","type":"InternalServerError","param":null,"code":500}}`+"\n\n"] = fault.UpstreamFailed
	return a
}

// llamaAdapter: the last chunk of choices holds timings, and errors a number.
func llamaAdapter() providertest.Adapter {
	a := speaks(openai.LlamaCPP())
	a = only(a, providertest.Chat{
		Name: "text", Request: hello(), Path: "/chat/completions",
		Sent: plainChat().Sent,
		Stream: chunks(
			`{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"chatcmpl-x","model":"qwen","system_fingerprint":"b1-a","object":"chat.completion.chunk"}`,
			`{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"Olá"}}],"created":1,"id":"chatcmpl-x","model":"qwen","object":"chat.completion.chunk"}`,
			`{"choices":[{"finish_reason":null,"index":0,"delta":{"content":", "}}],"id":"chatcmpl-x","model":"qwen"}`,
			`{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"mundo"}}],"id":"chatcmpl-x","model":"qwen"}`,
			`{"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"id":"chatcmpl-x","model":"qwen"}`,
			`{"choices":[],"id":"chatcmpl-x","model":"qwen","usage":{"completion_tokens":3,"prompt_tokens":9,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":8}},"timings":{"cache_n":8,"prompt_n":1,"predicted_n":3}}`),
		JSON: `{"choices":[{"finish_reason":"stop","index":0,"message":{"role":"assistant","content":"Olá, mundo"}}],"id":"chatcmpl-x","model":"qwen","object":"chat.completion","usage":{"completion_tokens":3,"prompt_tokens":9,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":8}}}`,
		Want: llm.Completion{Model: "qwen", Text: "Olá, mundo", Finish: llm.FinishStop, Usage: llm.Usage{Input: 9, Cached: 8, Output: 3}},
	}, toolChat())
	a.Ping = ":\n\n"
	a.Errors = append(a.Errors,
		providertest.Error{Name: "too long", Status: 400, Code: fault.ContextTooLong, Body: `{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":2048}}`},
		providertest.Error{Name: "loading", Status: 503, Code: fault.ModelUnready, Body: `{"error":{"message":"Loading model","type":"unavailable_error","code":503}}`},
		providertest.Error{Name: "wrong key", Status: 401, Code: fault.UpstreamRefused, Body: `{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}`},
	)
	a.StreamErrors["error: {\"code\":500,\"message\":\"x\",\"type\":\"server_error\"}\n\n"] = fault.UpstreamFailed
	a.Models = &providertest.Models{Path: "/models", Pages: []string{`{"models":[{"name":"qwen","model":"qwen"}],"object":"list","data":[{"id":"qwen","object":"model","meta":{"n_ctx_train":32768}}]}`}, Want: []string{"qwen"}}
	return a
}

// ollamaAdapter: calls come whole and end as "stop"; what is on the disk is
// listed beside the API.
func ollamaAdapter() providertest.Adapter {
	a := speaks(openai.Ollama())
	none := hello()
	none.Tools, none.ToolChoice.Mode = []llm.ToolSpec{{Name: "now"}}, llm.ToolsNone
	tools := toolChat()
	tools.Stream = chunks(
		`{"id":"chatcmpl-1","object":"chat.completion.chunk","model":"up","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_1","index":0,"type":"function","function":{"name":"now","arguments":"{}"}}]},"finish_reason":null}]}`,
		`{"id":"chatcmpl-1","model":"up","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}]}`,
		`{"id":"chatcmpl-1","model":"up","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":8,"total_tokens":11}}`)
	tools.Want.ToolCalls = []llm.ToolCall{{ID: "call_1", Name: "now", Arguments: "{}"}}
	a = only(a, plainChat(), tools, providertest.Chat{
		Name: "no tools", Request: none, Path: "/chat/completions", Sent: plainChat().Sent, Stream: plainChat().Stream, Want: plainChat().Want,
	})
	a.Models = &providertest.Models{Path: "/api/tags", Pages: []string{`{"models":[{"name":"llama3.2:latest","model":"llama3.2:latest","size":2019393189,"details":{"family":"llama"}},{"name":"qwen3:4b","model":"qwen3:4b"}]}`}, Want: []string{"llama3.2:latest", "qwen3:4b"}}
	a.Errors = append(a.Errors, providertest.Error{Name: "not pulled", Status: 404, Code: fault.ModelUnknown, Body: `{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error","param":null,"code":null}}`})
	return a
}
