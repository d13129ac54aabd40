package broker_test

import (
	"log/slog"
	"strings"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/provider/openai"
	up "nexusai/backend/provider/openai/openaitest"
)

// TestToolsOfAWeakModelAreTranslated: its bytes would be passed on, and it would
// never call one.
func TestToolsOfAWeakModelAreTranslated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, want string
		lane       broker.Lane
	}{
		"tools":    {`{"model":"m","tools":[{"type":"function","function":{"name":"see","parameters":{"type":"object"}}}],` + hi + `}`, `"tool_calls"`, broker.LaneTranslated},
		"no tools": {whole, `{\"tool\"`, broker.LaneBytes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := up.Serve(t, up.Reply(200, `{"id":"c","model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"{\"tool\":\"see\",\"arguments\":{}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`))
			client, err := openai.New(openai.Config{BaseURL: u.URL, HTTP: u.Client, Log: slog.New(slog.DiscardHandler), ForceTools: func(string) bool { return true }})
			if err != nil {
				t.Fatal(err)
			}
			d := deploy(t, u, "weak", 0)
			d.Client, d.Forwarder, d.Skills = client, client, broker.Skills{Known: true, Tools: true, ForcedTools: true}
			r := &reports{}
			answer, err := newBroker(t, d).Forward(t.Context(), request(c.body, r))
			if err != nil {
				t.Fatal(err)
			}
			got, err := drain(t, answer)
			if err != nil || !strings.Contains(got, c.want) {
				t.Errorf("%v %s", err, got)
			}
			if last, _ := r.only(t).Last(); last.Lane != c.lane {
				t.Errorf("it went by %q", last.Lane)
			}
		})
	}
}
