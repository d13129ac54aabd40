package surface_test

import (
	"strings"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/anthropic"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/scripted"
	"nexusai/backend/surface/chat"
	"nexusai/backend/surface/completions"
	"nexusai/backend/surface/embeddings"
	"nexusai/backend/surface/messages"
	"nexusai/backend/surface/responses"
)

// odd members that no vendor has must survive, and so must the spelling of
// numbers, spaces, escapes and the order of members.
const odd = ` "x_vendor" : { "b":1.0, "a":[12345678901234567890, 1e-7] , "é":"\u00e9\/" } `

// TestTheSameWirePassesByteForByte compares all that a provider gets and all
// that a caller gets with what the other side wrote; edits are the only
// differences that there may be.
func TestTheSameWirePassesByteForByte(t *testing.T) {
	t.Parallel()
	anthropicStream := "event: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"up\",\"content\":[],\"usage\":{\"input_tokens\":5}, \"x\" : 1}}\r\n\r\n" +
		": comment\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n" +
		"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"EqQB+/==\"}}\n\n" +
		"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: vendor_news\ndata: {\"type\":\"vendor_news\"}\n\n" +
		"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\\u00e9\"}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n" +
		"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
	responseStream := "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"status\":\"in_progress\"},\"sequence_number\":0, \"x\":1.0}\n\n" +
		"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"delta\":\"\\u00e9\",\"obfuscation\":\"zz\",\"sequence_number\":1}\n\n" +
		"event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"output\":[],\"usage\":{\"input_tokens\":7,\"output_tokens\":3}},\"sequence_number\":2}\n\n"
	chunk := ": ping\n\ndata: {\"id\":\"c\", \"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\u00e9\"},\"vendor\":1.0,\"finish_reason\":\"stop\"}]}\r\n\r\n"
	counted := "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n"
	for name, c := range map[string]struct {
		surface       broker.Surface
		body          string
		edits         []string // from, to
		answer, stays string   // empty: the answer
	}{
		"chat": {
			chat.Surface{}, `{` + odd + `, "model" : "m","messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}],"reasoning_details":[{"type":"reasoning.encrypted","data":"=="}]}]}`,
			[]string{`"model" : "m"`, `"model" : "real"`}, `{ "id":"c","choices":[{"index":0,"message":{"content":"\u00e9"},"finish_reason":"stop"}],` + odd + `,"usage":{"prompt_tokens":1,"completion_tokens":1}}`, "",
		},
		"chat, streamed": {
			chat.Surface{}, `{"stream":true, "model":"m","messages":[{"role":"user","content":"hi"}],` + odd + `}`,
			[]string{`"m"`, `"real"`, odd + `}`, strings.TrimRight(odd, " ") + `,"stream_options":{"include_usage":true} }`}, chunk + counted + "data: [DONE]\n\n", chunk + "data: [DONE]\n\n",
		},
		"chat, usage asked": {
			chat.Surface{}, `{"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}, "model":"m","messages":[{"role":"user","content":"hi"}]}`,
			[]string{`"m"`, `"real"`}, chunk + counted + "data: [DONE]\n\n", "",
		},
		"messages": {
			messages.Surface{}, `{` + odd + `,"model":"m","max_tokens":5,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"EqQB+/=="},{"type":"redacted_thinking","data":"Zm9v"}]},{"role":"user","content":"hi"}]}`,
			[]string{`"m"`, `"real"`}, `{"id":"m","type":"message","role":"assistant","model":"up","content":[{"type":"text","text":"\u00e9"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}, "container":null }`, "",
		},
		"messages, streamed": {
			messages.Surface{}, `{"model":"m","stream":true,"max_tokens":5,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{"role":"user","content":"hi"}],` + odd + `}`,
			[]string{`"m"`, `"real"`}, anthropicStream, "",
		},
		"responses": {
			responses.Surface{}, `{"input":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA+/=="},{"role":"user","content":"hi"}],"model":"m",` + odd + `,"store":false}`,
			[]string{`"m"`, `"real"`}, `{"id":"r","object":"response","status":"completed","output":[{"type":"reasoning","id":"rs_2","encrypted_content":"gBBB=="}],` + odd + `,"usage":{"input_tokens":1,"output_tokens":1}}`, "",
		},
		"responses, streamed": {
			responses.Surface{}, `{"input":"hi","stream":true,"model":"m",` + odd + `}`, []string{`"m"`, `"real"`}, responseStream, "",
		},
		"completions, streamed": {
			completions.Surface{}, `{"prompt":"hi","stream":true, "model":"m","max_tokens":5}`,
			[]string{`"m"`, `"real"`, `5}`, `5,"stream_options":{"include_usage":true}}`},
			"data: {\"id\":\"c\", \"choices\":[{\"index\":0,\"text\":\"\\u00e9\",\"finish_reason\":\"stop\"}]}\r\n\r\n" + counted + "data: [DONE]\n\n",
			"data: {\"id\":\"c\", \"choices\":[{\"index\":0,\"text\":\"\\u00e9\",\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\n\n",
		},
		"embeddings": {
			embeddings.Surface{}, `{"input":["a",[1,2]],"model":"m","encoding_format":"base64","dimensions":7,` + odd + `}`, nil, "", "",
		},
		"embeddings of texts": {
			embeddings.Surface{}, `{"input":["a"],"model":"m","encoding_format":"base64","dimensions":7,` + odd + `}`,
			[]string{`"m"`, `"real"`}, `{"data":[{"index":0,"embedding":"AACAPw==", "x":1.0}],"model":"up","usage":{"prompt_tokens":1,"total_tokens":1}}`, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.answer == "" { // texts and tokens mixed: every provider would refuse it
				if _, err := c.surface.Read([]byte(c.body)); fault.CodeOf(err) != fault.BadRequest {
					t.Error(err)
				}
				return
			}
			kind := "application/json"
			if strings.Contains(c.body, `"stream":true`) {
				kind = "text/event-stream"
			}
			u := scripted.Serve(t, scripted.Reply(200, c.answer, "Content-Type", kind))
			_, text, err := forward(t, same(t, c.surface, u), c.surface, c.body)
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			want := strings.NewReplacer(c.edits...).Replace(c.body)
			if sent := string(u.Requests()[0].Body); sent != want {
				t.Errorf("sent %s\nwant %s", sent, want)
			}
			stays := c.stays
			if stays == "" {
				stays = c.answer
			}
			if text != stays {
				t.Errorf("got  %q\nwant %q", text, stays)
			}
		})
	}
}

// same is a deployment whose provider speaks the surface's own wire, and whose
// client would fail if it were asked to translate.
func same(t *testing.T, s broker.Surface, u *scripted.Upstream) broker.Deployment {
	t.Helper()
	var client llm.Forwarder
	var err error
	if s.Wire() == llm.AnthropicMessages {
		client, err = anthropic.New(anthropic.Config{BaseURL: u.URL, APIKey: "sk-test", HTTP: u.Client, Log: quiet})
	} else {
		client, err = openai.New(openai.Config{BaseURL: u.URL, APIKey: "sk-test", Dialect: openai.OpenAI(), HTTP: u.Client, Log: quiet})
	}
	if err != nil {
		t.Fatal(err)
	}
	return broker.Deployment{ID: "d", Model: "real", Forwarder: client}
}
