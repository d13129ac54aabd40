package anthropic_test

import (
	"bytes"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/provider/anthropic"
)

func TestRewriteChangesOnlyWhatItMust(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"model only": {
			`{"model":"a","max_tokens":5,"system":[{"type":"text","text":"\u00e9","cache_control":{"type":"ephemeral"}}],"x":1.0}`,
			`{"model":"real","max_tokens":5,"system":[{"type":"text","text":"\u00e9","cache_control":{"type":"ephemeral"}}],"x":1.0}`,
		},
		"odd spacing":    {" {\n \"x\" : [ {\"model\":\"keep\"} ] ,\t\"model\"  :  \"a\" } \n", " {\n \"x\" : [ {\"model\":\"keep\"} ] ,\t\"model\"  :  \"real\",\"max_tokens\":9 } \n"},
		"limit added":    {`{"model":"a"}`, `{"model":"real","max_tokens":9}`},
		"limit null":     {`{"max_tokens":null,"model":"a"}`, `{"max_tokens":9,"model":"real"}`},
		"limit of 0":     {`{"max_tokens":0,"model":"a"}`, `{"max_tokens":0,"model":"real"}`},
		"neither is so":  {`{}`, `{"model":"real","max_tokens":9}`},
		"signature kept": {`{"model":"a","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"\/","signature":"Eq\u002b=="}]}]}`, `{"model":"real","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"\/","signature":"Eq\u002b=="}]}]}`},
	} {
		r, err := anthropic.ReadRequest([]byte(c.in))
		if err != nil {
			t.Errorf("%s: %s", name, fault.Cause(err))
			continue
		}
		if got := string(r.Rewrite("real", 9)); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestReadRequestFindsTheFacts(t *testing.T) {
	t.Parallel()
	r, err := anthropic.ReadRequest([]byte(`{"model":"m","stream":true,"max_tokens":7,"metadata":{"user_id":"u"},"messages":[
		{"role":"user","content":[{"type":"image","source":{"data":"12345"}},{"type":"text","text":"a"},
			{"type":"tool_result","content":[{"type":"image","source":"xy"}]}]},{"role":"user","content":"hi"}]}`))
	if err != nil || r.Model != "m" || !r.Stream || r.MaxTokens != 7 || r.Affinity != "u" || !r.Plain || r.Images != 2 || r.ImageBytes != len(`{"data":"12345"}"xy"`) {
		t.Errorf("%+v %v", r, err)
	}
	for body, plain := range map[string]bool{
		`{"tools":[]}`: true, `{"tools":null}`: true, `{"tools":[{}]}`: false, `{"thinking":{"type":"disabled"}}`: true,
		`{"thinking":{"type":"adaptive"}}`: false, `{"output_config":{"effort":"low"}}`: true,
		`{"output_config":{"format":{"type":"json_schema"}}}`: false, `{"mcp_servers":[{}]}`: false,
	} {
		if r, err := anthropic.ReadRequest([]byte(body)); err != nil || r.Plain != plain {
			t.Errorf("%s is plain %v, %v", body, r.Plain, err)
		}
	}
	for _, bad := range []string{``, ` `, `[]`, `{`, `{"model":7}`, `{"stream":"yes"}`, `{"max_tokens":-4}`, `{"max_tokens":1e99}`, "{\"model\":\"\xff\"}", `{"model":"a","model":"b"}`, strings.Repeat("[", 20000)} {
		if _, err := anthropic.ReadRequest([]byte(bad)); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%.20q is %v", bad, err)
		}
	}
}

func FuzzReadRequest(f *testing.F) {
	f.Add([]byte(`{"model":"a","stream":true,"messages":[{"content":[{"type":"image","source":[]},7,{"type":"tool_result","content":[{"type":3}]}]},"x"]}`))
	f.Add([]byte(`{"messages":{"a":1},"tools":"","thinking":[],"metadata":5,"max_tokens":null}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		r, err := anthropic.ReadRequest(in)
		if err != nil {
			return
		}
		out := r.Rewrite("real", 9)
		if !bytes.Equal(in, before) {
			t.Fatal("the original was changed")
		}
		again, err := anthropic.ReadRequest(out)
		if err != nil || again.Model != "real" || again.Stream != r.Stream || again.Images != r.Images || again.Plain != r.Plain {
			t.Errorf("%q became %q: %v", in, out, err)
		}
		if r.ImageBytes > len(in) {
			t.Errorf("%d bytes of images in %d", r.ImageBytes, len(in))
		}
	})
}
