package responses_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/responses"
)

func TestReadAndRewrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, want string
		max        int
		plain      bool
	}{
		"plain":      {`{"model":"x", "input":"hi","temperature":1.0}`, `{"model":"m", "input":"hi","temperature":1.0}`, 0, true},
		"limit":      {`{"model":"x"}`, `{"model":"m","max_output_tokens":9}`, 9, true},
		"no model":   {`{"input":"a"}`, `{"input":"a","model":"m","max_output_tokens":9}`, 9, true},
		"null limit": {`{"model":"x","max_output_tokens":null}`, `{"model":"m","max_output_tokens":9}`, 9, true},
		"own limit":  {`{"model":"x","max_output_tokens":3}`, `{"model":"m","max_output_tokens":3}`, 9, true},
		"unknown":    {`{"model":"x","later":{"a":[1e400]},"stream":true}`, `{"model":"m","later":{"a":[1e400]},"stream":true}`, 0, true},
		"tools":      {`{"model":"x","tools":[{"type":"web_search"}]}`, `{"model":"m","tools":[{"type":"web_search"}]}`, 0, false},
		"no tools":   {`{"model":"x","tools":[],"text":{"format":{"type":"text"}},"include":[]}`, `{"model":"m","tools":[],"text":{"format":{"type":"text"}},"include":[]}`, 0, true},
		"schema":     {`{"model":"x","text":{"format":{"type":"json_schema"}}}`, `{"model":"m","text":{"format":{"type":"json_schema"}}}`, 0, false},
		"sealed":     {`{"model":"x","include":["reasoning.encrypted_content"]}`, `{"model":"m","include":["reasoning.encrypted_content"]}`, 0, false},
		"reasoning":  {`{"model":"x","reasoning":{"effort":"low"}}`, `{"model":"m","reasoning":{"effort":"low"}}`, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := responses.ReadRequest([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Rewrite("m", c.max); string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if r.Plain != c.plain {
				t.Errorf("plain is %v", r.Plain)
			}
		})
	}
	for _, bad := range []string{``, `[]`, `{"model":"a","model":"b"}`, `{"stream":"yes"}`, `{"max_output_tokens":-1}`, `{"conversation":{"id":7}}`, `{"store":1}`, "{\"input\":\"\xff\"}"} {
		if _, err := responses.ReadRequest([]byte(bad)); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s is %v", bad, err)
		}
	}
}

func TestWhatTiesARequest(t *testing.T) {
	t.Parallel()
	r, err := responses.ReadRequest([]byte(`{"prompt_cache_key":"k","store":false,"background":true,"conversation":{"id":"conv_1"},
		"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:AA"},{"type":"input_text","text":"image_url"}]},
		{"type":"function_call_output","output":[{"type":"input_image","image_url":"https://b"}]}]}`))
	if err != nil || r.Affinity != "conv_1" || r.Conversation != "conv_1" || r.Store || !r.Background || r.Images != 2 || r.ImageBytes != len(`"data:AA"`)+len(`"https://b"`) {
		t.Errorf("%v %+v", err, r)
	}
	if r, _ := responses.ReadRequest([]byte(`{"previous_response_id":"resp_1","prompt_cache_key":"k"}`)); r.Affinity != "resp_1" || r.Previous != "resp_1" || !r.Store {
		t.Errorf("%+v", r)
	}
}

func event(kind, rest string) string {
	return "event: " + kind + "\ndata: {\"type\":\"" + kind + "\"" + rest + "}\n\n"
}

var recorded = event("response.created", `,"sequence_number":0,"response":{"id":"resp_1","object":"response","model":"up","status":"in_progress","output":[],"usage":null}`) +
	event("response.in_progress", `,"sequence_number":1,"response":{"id":"resp_1","status":"in_progress"}`) +
	event("response.output_item.added", `,"sequence_number":2,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}`) +
	event("response.content_part.added", `,"sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}`) +
	event("response.output_text.delta", `,"sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Olá"`) +
	event("response.output_text.delta", `,"sequence_number":5,"item_id":"msg_1","output_index":0,"content_index":0,"delta":" mundo"`) +
	event("response.output_text.done", `,"sequence_number":6,"item_id":"msg_1","output_index":0,"content_index":0,"text":"Olá mundo"`) +
	event("response.output_item.done", `,"sequence_number":7,"output_index":0,"item":{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"Olá mundo"}]}`)

const ending = `,"sequence_number":8,"response":{"id":"resp_1","object":"response","model":"up-2","status":"completed","output":[{"type":"message"}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":14}}`

// watch is what passes, what was seen, and how it ended. From the event on that
// fails nothing passes: of such a stream the rest is added, for comparing.
func watch(pieces ...[]byte) (string, broker.Seen, fault.Code) {
	in := bytes.Join(pieces, nil)
	w := responses.NewWatcher(true, func() time.Time { return time.Unix(9, 0) })
	var out []byte
	for _, p := range pieces {
		out = w.Feed(out, p)
	}
	out = w.Flush(out)
	code := fault.Code("")
	if f := w.End(); f != nil {
		code = f.Code
	}
	seen := w.Seen()
	if seen.Failure != nil && bytes.HasPrefix(in, out) {
		out = in
	}
	seen.Failure, seen.Place = nil, nil
	return string(out), seen, code
}

func TestAStream(t *testing.T) {
	t.Parallel()
	in := recorded + event("response.completed", ending)
	out, seen, code := watch([]byte(in))
	want := broker.Seen{
		ID: "resp_1", Model: "up-2", Text: "Olá mundo", Usage: llm.Usage{Input: 9, Cached: 4, Output: 5, Reasoning: 2}, HasUsage: true,
		Finish: llm.FinishStop, FirstContent: time.Unix(9, 0), Bytes: len("Olá mundo"), Done: true, Whole: true,
	}
	if out != in || code != "" || !reflect.DeepEqual(seen, want) {
		t.Errorf("%q %+v", code, seen)
	}
}

func TestHowStreamsEnd(t *testing.T) {
	t.Parallel()
	text := event("response.output_text.delta", `,"delta":"a"`)
	for name, c := range map[string]struct {
		in     string
		code   fault.Code
		finish llm.Finish
		other  bool
	}{
		"cut":             {recorded, fault.UpstreamFailed, "", false},
		"half an event":   {recorded + "event: response.completed\ndata: {\"type\":\"respon", fault.UpstreamFailed, "", false},
		"nothing":         {"", fault.UpstreamFailed, "", false},
		"only DONE":       {"data: [DONE]\n\n", fault.UpstreamFailed, "", false},
		"garbage":         {text + "data: <html>\n\n", fault.UpstreamFailed, "", false},
		"error event":     {text + event("error", `,"code":"rate_limit_exceeded","message":"slow","param":null`), fault.RateLimited, "", false},
		"old error":       {`data: {"error":{"message":"x","code":"context_length_exceeded"}}` + "\n\n", fault.ContextTooLong, "", false},
		"failed":          {text + event("response.failed", `,"response":{"status":"failed","error":{"code":"server_error","message":"x"}}`), fault.UpstreamFailed, "", false},
		"length":          {text + event("response.incomplete", `,"response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}`), "", llm.FinishLength, false},
		"filter":          {text + event("response.incomplete", `,"response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}`), "", llm.FinishRefusal, false},
		"tools":           {event("response.output_item.added", `,"output_index":0,"item":{"type":"function_call","call_id":"c","name":"f"}`) + event("response.function_call_arguments.delta", `,"output_index":0,"delta":"{}"`) + event("response.completed", `,"response":{"status":"completed","output":[{"type":"function_call"}]}`), "", llm.FinishTools, true},
		"sealed":          {event("response.output_item.done", `,"item":{"type":"reasoning","encrypted_content":"x"}`) + text + event("response.completed", `,"response":{"status":"completed"}`), "", llm.FinishStop, true},
		"strange state":   {text + event("response.completed", `,"response":{"status":"in_progress"}`), fault.UpstreamFailed, "", false},
		"stray arguments": {event("response.function_call_arguments.delta", `,"output_index":7,"delta":"{}"`), fault.UpstreamFailed, "", false},
		"later events":    {event("response.shiny.new", `,"delta":{"a":1}`) + text + event("response.completed", `,"response":{"status":"completed"}`) + "data: [DONE]\n\n", "", llm.FinishStop, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, seen, code := watch([]byte(c.in))
			if out != c.in || code != c.code || seen.Finish != c.finish || seen.Other != c.other || seen.Whole != (c.code == "") {
				t.Errorf("%q %+v", code, seen)
			}
		})
	}
}

func TestWhereAStreamIs(t *testing.T) {
	t.Parallel()
	w := responses.NewWatcher(true, nil)
	events := strings.SplitAfter(recorded, "\n\n")
	w.Feed(nil, []byte(strings.Join(events[:5], "")))
	if got := *w.Seen().Place.(*responses.Place); got != (responses.Place{Sequence: 4, ItemID: "msg_1"}) {
		t.Errorf("%+v", got)
	}
	w.Feed(nil, []byte(strings.Join(events[5:], "")))
	if got := *w.Seen().Place.(*responses.Place); got != (responses.Place{Sequence: 7}) {
		t.Errorf("%+v", got)
	}
}

func TestWebSearchesAreCountedOnce(t *testing.T) {
	t.Parallel()
	one := event("response.output_item.added", `,"output_index":0,"item":{"type":"web_search_call"}`)
	end := event("response.completed", `,"response":{"status":"completed","output":[{"type":"web_search_call"}],"usage":{"input_tokens":1,"output_tokens":1}}`)
	if _, seen, code := watch([]byte(one + end)); code != "" || seen.Usage.Searches != 1 || !seen.Other {
		t.Errorf("%q %+v", code, seen)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]fault.Code{
		`{"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}],"error":null}`: "",
		`{"object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}`:                                      "",
		`{"object":"response","status":"queued"}`:                                 "",
		`{"object":"response","status":"failed","error":{"code":"server_error"}}`: fault.UpstreamFailed,
		`{"error":{"code":"model_not_found","message":"no"}}`:                     fault.ModelUnknown,
		`{}`: fault.UpstreamFailed, ` `: fault.UpstreamFailed, `<html>`: fault.UpstreamFailed,
	} {
		seen, f := responses.Inspect([]byte(body))
		code := fault.Code("")
		if f != nil {
			code = f.Code
		}
		if code != want || seen.Whole != (want == "") {
			t.Errorf("%s is %q, %+v", body, code, seen)
		}
	}
	if seen, _ := responses.Inspect([]byte(`{"status":"completed","output":[{"type":"message","content":[{"text":"abc"}]}]}`)); seen.Bytes != 3 {
		t.Errorf("%+v", seen)
	}
}

// FuzzRequest: whatever is accepted stays JSON and names the new model once.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{`{"model":"x","input":[{"content":[{"type":"input_image","image_url":"a"}]}]}`, `{}`, ` { "max_output_tokens" : null } `, `{"input":[[[[[[]]]]]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := responses.ReadRequest(body)
		if err != nil {
			return
		}
		out := r.Rewrite("fuzz-model", 3)
		again, err := responses.ReadRequest(out)
		if !json.Valid(out) || err != nil || again.Model != "fuzz-model" || again.MaxOutput == 0 || again.Images != r.Images {
			t.Errorf("%q became %q: %v", body, out, err)
		}
	})
}

func FuzzWatcherDoesNotDependOnCuts(f *testing.F) {
	f.Add([]byte(recorded+event("response.completed", ending)), uint8(3))
	f.Add([]byte(strings.ReplaceAll(recorded, "\n", "\r\n")), uint8(1))
	f.Add([]byte(event("error", `,"message":"x"`)), uint8(7))
	f.Add([]byte("data: {\"type\":\"response.output_item.added\",\"output_index\":-1,\"item\":{\"type\":\"function_call\"}}\n\n"), uint8(0))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		var pieces [][]byte
		for rest := in; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		out, seen, code := watch(pieces...)
		_, want, wantCode := watch(in)
		if out != string(in) || code != wantCode || !reflect.DeepEqual(seen, want) {
			t.Errorf("in pieces: %+v %s\nwhole: %+v %s", seen, code, want, wantCode)
		}
		if u := want.Usage; u.Input < 0 || u.Output < 0 || u.Cached > u.Input || u.Reasoning > u.Output || want.Whole != (wantCode == "") {
			t.Errorf("impossible: %+v %s", want, wantCode)
		}
	})
}
