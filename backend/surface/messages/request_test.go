package messages_test

import (
	"strings"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/surface/messages"
	"nexusai/backend/surface/picture"
)

const said = `"max_tokens":64,"messages":[{"role":"user","content":"hi"}]`

func read(t *testing.T, body string) broker.Request {
	t.Helper()
	r, err := messages.Surface{}.Read([]byte(body))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return r
}

func TestRewriteChangesOnlyTheModelAndAMissingLimit(t *testing.T) {
	t.Parallel()
	in := ` { "model" : "a", "messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"},"x":1.0}]}] } `
	if got, want := string(read(t, in).Rewrite("real", 9)), strings.Replace(strings.Replace(in, `"a"`, `"real"`, 1), `}] }`, `}],"max_tokens":9 }`, 1); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestReadFindsTheFacts(t *testing.T) {
	t.Parallel()
	image := `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + strings.Repeat("A", 40000) + `"}}`
	r := read(t, `{"model":"m","stream":true,"max_tokens":7,"metadata":{"user_id":"u"},"tools":[{"name":"f","input_schema":{}}],"output_config":{"format":{"type":"json_schema","schema":{}}},"messages":[{"role":"user","content":[`+image+`]}]}`)
	b := r.Bound()
	if r.Model() != "m" || !r.Stream() || r.Affinity() != "u" || r.Plain() || b.MaxOutput != 7 || b.Images != 1 || !b.Tools || !b.Schema ||
		b.Input < picture.MaxTokens || b.Input > picture.MaxTokens+400 || b.Likely > picture.UsualTokens+100 {
		t.Errorf("%+v", b)
	}
	if p := read(t, `{"model":"m",`+said+`}`); !p.Plain() || p.Bound().Tools || p.Bound().Schema {
		t.Errorf("%+v", p.Bound())
	}
}

func TestAConversationThatGoesOnIsTied(t *testing.T) {
	t.Parallel()
	turns := []string{`{"role":"user","content":"hi"}`, `{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"hello"}]}`, `{"role":"user","content":"go on"}`, `{"role":"assistant","content":"well"}`, `{"role":"user","content":"more"}`}
	tie := func(n int, more string) string {
		return read(t, `{"model":"m","max_tokens":9,"messages":[`+strings.Join(turns[:n], ",")+`]`+more+`}`).Affinity()
	}
	if second := tie(3, ""); tie(1, "") != "" || second == "" || second != tie(5, "") || tie(5, `,"metadata":{"user_id":"u"}`) != "u" {
		t.Errorf("ties %q, %q, %q", tie(1, ""), second, tie(5, ""))
	}
}

func TestReadRefusesWhatEveryProviderWould(t *testing.T) {
	t.Parallel()
	for field, bad := range map[string]string{
		"":                                `7`,
		"model":                           `{` + said + `}`,
		"model ":                          `{"model":"m","model":"n",` + said + `}`,
		"Model":                           `{"Model":"m",` + said + `}`,
		"messages":                        `{"model":"m"}`,
		"messages ":                       `{"model":"m","messages":[]}`,
		"messages.0":                      `{"model":"m","messages":["hi"]}`,
		"messages.0.content.0.source.url": `{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"http://192.168.1.1/"}}]}]}`,
		"messages.0.content.0.content.0.source.url": `{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x","content":[{"type":"image","source":{"type":"url","url":"http://[fe80::1]/"}}]}]}]}`,
		"max_tokens": `{"model":"m","max_tokens":"many","messages":[{"role":"user","content":"hi"}]}`,
	} {
		_, err := messages.Surface{}.Read([]byte(bad))
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != strings.TrimSpace(field) {
			t.Errorf("%.80s is %+v", bad, f)
		}
	}
}
