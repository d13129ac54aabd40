package hosted_test

import (
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/surface/chat"
	"nexusai/backend/surface/hosted"
	"nexusai/backend/surface/messages"
	"nexusai/backend/surface/responses"
)

var surfaces = map[string]broker.Surface{"chat": chat.Surface{}, "responses": responses.Surface{}, "messages": messages.Surface{}}

func TestToolsThatTheProviderRuns(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]broker.Bound{
		``:                                 {},
		`null`:                             {},
		`[]`:                               {},
		`[7]`:                              {},
		`[{"name":"f","input_schema":{}}]`: {},
		`[{"type":"function","name":"f"}]`: {},
		`[{"type":"bash_20250124"}]`:       {},
		`[{"type":"web_search"}]`:          {Open: true, Uses: 10, Searches: 10},
		`[{"type":"web_search_20260101","max_uses":3},{"type":"web_fetch_20260101","max_uses":2}]`: {Open: true, Uses: 5, Searches: 3},
		`[{"type":"web_search","max_uses":-3}]`:                                                    {Open: true, Uses: 10, Searches: 10},
		`[{"type":"web_search","max_uses":5000}]`:                                                  {Open: true, Uses: 5000, Searches: 5000},
		`[{"type":"web_fetch","max_uses":1e3}]`:                                                    {Open: true, Uses: 1000},
		`[{"type":"web_fetch","max_uses":9000},{"type":"mcp","max_uses":9000}]`:                    {Open: true, Uses: 10_000, Unpriced: true},
		`[{"type":"web_search","max_uses":1e300}]`:                                                 {Open: true, Uses: 10_000, Searches: 10_000, Unpriced: true},
		`[{"type":"web_search","max_uses":"50"}]`:                                                  {Open: true, Uses: 10_000, Searches: 10_000, Unpriced: true},
		`[{"type":"code_interpreter","container":{}}]`:                                             {Open: true, Uses: 10, Unpriced: true},
		`[{"type":"something_new"}]`:                                                               {Open: true, Uses: 10, Unpriced: true},
	} {
		var got broker.Bound
		hosted.Tools(&got, []byte(list), "function", "bash_")
		if got != want {
			t.Errorf("%s: %+v, want %+v", list, got, want)
		}
	}
}

// TestWhatBytesDoNotBoundIsSeen in requests of each chat surface.
func TestWhatBytesDoNotBoundIsSeen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		wire, body     string
		open, unpriced bool
	}{
		{"chat", `{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{}}],"service_tier":"auto"}`, false, false},
		{"chat", `{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]}`, true, false},
		{"chat", `{"model":"m","messages":[{"role":"user","content":"hi"}],"web_search_options":{}}`, true, true},
		{"chat", `{"model":"m","messages":[{"role":"user","content":"hi"}],"service_tier":"priority"}`, false, true},
		{"chat", `{"model":"m","messages":[{"role":"user","content":"hi"}],"service_tier":"flex"}`, false, false},
		{"responses", `{"model":"m","input":"hi","tools":[{"type":"custom","name":"f"}]}`, false, false},
		{"responses", `{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]}`, true, false},
		{"responses", `{"model":"m","prompt":{"id":"p"}}`, true, false},
		{"responses", `{"model":"m","input":"hi","tools":[{"type":"web_search"}]}`, true, false},
		{"responses", `{"model":"m","input":"hi","tools":[{"type":"image_generation"}]}`, true, true},
		{"responses", `{"model":"m","input":"hi","service_tier":"priority"}`, false, true},
		{"messages", `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","input_schema":{}},{"type":"bash_20250124","name":"bash"}]}`, false, false},
		{"messages", `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","data":"JVBERg"}}]}]}`, true, false},
		{"messages", `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"mcp_servers":[{"url":"https://a.example.com"}]}`, true, false},
		{"messages", `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":2}]}`, true, false},
		{"messages", `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"speed":"fast"}`, false, true},
		{"messages", `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"service_tier":"standard_only"}`, false, false},
	} {
		r, err := surfaces[tt.wire].Read([]byte(tt.body))
		if err != nil {
			t.Errorf("%s: %v", tt.body, err)
			continue
		}
		if b := r.Bound(); b.Open != tt.open || b.Unpriced != tt.unpriced {
			t.Errorf("%s %s: %+v", tt.wire, tt.body, b)
		}
	}
}
