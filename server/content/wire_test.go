package content_test

import (
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/httpapi"
	"nexusai/backend/surface/chat"
	"nexusai/backend/surface/completions"
	"nexusai/backend/surface/messages"
	"nexusai/backend/surface/responses"
	"nexusai/server/policy"
)

// TestEverySurfaceIsRead sends one prompt through each, and gets one answer whole
// and as a stream.
func TestEverySurfaceIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	w.decide(true, 30)
	owner := w.person(policy.Owner)
	const chatBody = `{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"who?"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}]}`
	for name, tt := range map[string]struct {
		surface broker.Surface
		request string
		stream  bool
		answer  string
		want    httpapi.ContentMessage
		turns   int
	}{
		"chat": {chat.Surface{}, chatBody, false,
			`{"choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"hm","content":"it","tool_calls":[{"function":{"name":"look","arguments":"{}"}}]}}]}`,
			httpapi.ContentMessage{Text: "it", Reasoning: "hm", Calls: []httpapi.ContentCall{{Name: "look", Arguments: "{}"}}}, 2},
		"chat, streamed": {chat.Surface{}, chatBody, true,
			"data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null,\"reasoning\":\"h\"}}]}\n\n: ping\n\ndata: {\"choices\":[{\"delta\":{\"reasoning\":\"m\",\"content\":\"i\"}}]}\r\n\r\n" +
				"data: {\"choices\":[{\"delta\":{\"content\":\"t\",\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"look\",\"arguments\":\"{\"}}]}}]}\n\n" +
				"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"}\"}}]}}],\"usage\":null}\n\ndata: [DONE]\n\n",
			httpapi.ContentMessage{Text: "it", Reasoning: "hm", Calls: []httpapi.ContentCall{{Name: "look", Arguments: "{}"}}}, 2},
		"chat, in parts": {chat.Surface{}, chatBody, false,
			`{"choices":[{"message":{"content":[{"type":"text","text":"i"},{"type":"text","text":"t"}]}}]}`, httpapi.ContentMessage{Text: "it"}, 2},
		"completions":           {completions.Surface{}, `{"model":"m","prompt":"who?"}`, false, `{"choices":[{"text":"it","index":0}]}`, httpapi.ContentMessage{Text: "it"}, 1},
		"completions, streamed": {completions.Surface{}, `{"model":"m","prompt":"who?","stream":true}`, true, "data: {\"choices\":[{\"text\":\"i\"}]}\n\ndata: {\"choices\":[{\"text\":\"t\"}]}\n\ndata: [DONE]\n\n", httpapi.ContentMessage{Text: "it"}, 1},
		"responses": {responses.Surface{}, `{"model":"m","instructions":"be brief","input":"who?"}`, false,
			`{"id":"r","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"message","content":[{"type":"output_text","text":"it"}]},{"type":"function_call","name":"look","arguments":"{}"}]}`,
			httpapi.ContentMessage{Text: "it", Reasoning: "hm", Calls: []httpapi.ContentCall{{Name: "look", Arguments: "{}"}}}, 2},
		"responses, streamed": {responses.Surface{}, `{"model":"m","input":"who?","stream":true}`, true,
			"event: response.reasoning_summary_text.delta\ndata: {\"type\":\"response.reasoning_summary_text.delta\",\"delta\":\"hm\"}\n\n" +
				"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"it\"}\n\n" +
				"data: {\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"type\":\"function_call\",\"name\":\"look\"}}\n\n" +
				"data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,\"delta\":\"{}\"}\n\n" +
				"event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"it\"}]}]}}\n\n",
			httpapi.ContentMessage{Text: "it", Reasoning: "hm", Calls: []httpapi.ContentCall{{Name: "look", Arguments: "{}"}}}, 1},
		"messages": {messages.Surface{}, `{"model":"m","max_tokens":9,"system":"be brief","messages":[{"role":"user","content":"who?"}]}`, false,
			`{"type":"message","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"it"},{"type":"tool_use","name":"look","input":{}}]}`,
			httpapi.ContentMessage{Text: "it", Reasoning: "hm", Calls: []httpapi.ContentCall{{Name: "look", Arguments: "{}"}}}, 2},
		"messages, streamed": {messages.Surface{}, `{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"who?"}]}`, true,
			"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"content\":[]}}\n\n" +
				"data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n" +
				"data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n" +
				"data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"it\"}}\n\n" +
				"data: {\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"name\":\"look\",\"input\":{}}}\n\n" +
				"data: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}\n\n" +
				"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n",
			httpapi.ContentMessage{Text: "it", Reasoning: "hm", Calls: []httpapi.ContentCall{{Name: "look", Arguments: "{}"}}}, 1},
	} {
		w.next.stream, w.next.body = tt.stream, tt.answer
		id := w.ask(w.caller(), tt.surface, tt.request)
		if got := w.state(owner, id); got != "kept" {
			t.Errorf("%s: %s", name, got)
			continue
		}
		said, err := w.book.Read(t.Context(), owner, id)
		if err != nil || len(said.Answers) != 1 || len(said.Prompt) != tt.turns {
			t.Errorf("%s: %+v %v", name, said, err)
			continue
		}
		got := said.Answers[0]
		if got.Text != tt.want.Text || got.Reasoning != tt.want.Reasoning || len(got.Calls) != len(tt.want.Calls) || got.Role != "assistant" {
			t.Errorf("%s: answer %+v", name, got)
		}
		if len(got.Calls) == 1 && got.Calls[0] != tt.want.Calls[0] {
			t.Errorf("%s: calls %+v", name, got.Calls)
		}
		if last := said.Prompt[len(said.Prompt)-1]; last.Text != "who?" || last.Role != "user" {
			t.Errorf("%s: prompt %+v", name, said.Prompt)
		}
	}
}

func TestSeveralAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(w.book.Run)
	w.decide(true, 30)
	owner := w.person(policy.Owner)
	w.next.body = `{"choices":[{"index":1,"message":{"content":"b"}},{"index":0,"message":{"content":"a"}},{"index":100000,"message":{"content":"c"}}]}`
	id := w.askChat("hi")
	w.want(owner, id, "kept")
	said, err := w.book.Read(t.Context(), owner, id)
	if err != nil || len(said.Answers) != 2 || said.Answers[0].Text != "a" || said.Answers[1].Text != "b" || !said.AnswerCut {
		t.Errorf("said %+v %v", said, err)
	}
}
