package openai_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/provider/openai"
)

func TestRewriteChangesOnlyWhatItMust(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"model only":        {`{"model":"a","seed":12345678901234567890,"x":1.0}`, `{"model":"real","seed":12345678901234567890,"x":1.0}`},
		"odd spacing":       {" {\n \"x\" : [ {\"model\":\"keep\"} ] ,\t\"model\"  :  \"a\" } \n", " {\n \"x\" : [ {\"model\":\"keep\"} ] ,\t\"model\"  :  \"real\" } \n"},
		"escapes kept":      {`{"messages":[{"content":"\u00e9\/\"model\":\"no\""}],"model":"a"}`, `{"messages":[{"content":"\u00e9\/\"model\":\"no\""}],"model":"real"}`},
		"escaped key":       {`{"mod\u0065l":"a"}`, `{"mod\u0065l":"real"}`},
		"twice":             {`{"model":"a","model":"b"}`, `{"model":"real","model":"real"}`},
		"usage added":       {`{"model":"a","stream":true}`, `{"model":"real","stream":true,"stream_options":{"include_usage":true}}`},
		"usage, spaced end": {`{"stream": true, "model": "a"  }`, `{"stream": true, "model": "real","stream_options":{"include_usage":true}  }`},
		"usage there":       {`{"model":"a","stream":true,"stream_options":{"include_usage":true}}`, `{"model":"real","stream":true,"stream_options":{"include_usage":true}}`},
		"usage false":       {`{"stream_options":{"include_usage" : false },"model":"a","stream":true}`, `{"stream_options":{"include_usage" : true },"model":"real","stream":true}`},
		"options empty":     {`{"model":"a","stream":true,"stream_options":{ }}`, `{"model":"real","stream":true,"stream_options":{"include_usage":true }}`},
		"options other":     {`{"model":"a","stream":true,"stream_options":{"x":1}}`, `{"model":"real","stream":true,"stream_options":{"include_usage":true,"x":1}}`},
		"options null":      {`{"model":"a","stream":true,"stream_options":null}`, `{"model":"real","stream":true,"stream_options":{"include_usage":true}}`},
		"options wrong":     {`{"model":"a","stream":true,"stream_options":7}`, `{"model":"real","stream":true,"stream_options":7}`},
		"no stream":         {`{"model":"a","stream":false}`, `{"model":"real","stream":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := openai.ReadRequest([]byte(c.in))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			if got := string(r.Rewrite("real", true)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestReadRequestFindsTheFacts(t *testing.T) {
	t.Parallel()
	r, err := openai.ReadRequest([]byte(`{"model":"m","stream":true,"n":3,"max_tokens":5,"max_completion_tokens":9,"stream_options":{"include_usage":true}}`))
	if err != nil || r.Model != "m" || !r.Stream || r.N != 3 || r.MaxTokens != 9 || !r.IncludeUsage {
		t.Errorf("%+v %v", r, err)
	}
	for _, bad := range []string{``, ` `, `[]`, `"x"`, `{`, `{"model":7}`, `{"stream":"yes"}`, `{"n":-1}`, `{"max_tokens":-4}`, `{"max_tokens":1e99}`, "{\"model\":\"\xff\"}", strings.Repeat("[", 20000)} {
		if _, err := openai.ReadRequest([]byte(bad)); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%.20q is %v", bad, err)
		}
	}
}

// FuzzRewrite compares the splice with decoding: the same members in the same
// order, and the same raw bytes in all but the ones that must change.
func FuzzRewrite(f *testing.F) {
	for _, in := range []string{
		`{"model":"a","stream":true,"messages":[{"role":"user","content":"hi \"model\": x"}],"temperature":0.70}`,
		`{"stream_options":{"include_usage":false},"stream":true}`, `{ "a" : [1,{"b":null}] , "model" : null }`, `{"stream":true,"stream_options":{}}`, `{}`,
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		r, err := openai.ReadRequest(in)
		if err != nil {
			return
		}
		undone := string(r.Rewrite("the marker", false))
		for _, m := range ordered(t, in) {
			if m.key == "model" {
				undone = strings.Replace(undone, `"the marker"`, m.raw, 1)
			}
		}
		if undone != string(in) && !bytes.Contains(in, []byte("the marker")) {
			t.Errorf("bytes beside the model changed: %q, want %q", undone, in)
		}
		out := r.Rewrite("real", true)
		if !bytes.Equal(in, before) {
			t.Fatal("the original was changed")
		}
		want, got := ordered(t, in), ordered(t, out)
		usageWanted := r.Stream && !r.IncludeUsage
		if usageWanted && len(got) == len(want)+1 {
			if last := got[len(got)-1]; last.key != "stream_options" || last.raw != `{"include_usage":true}` {
				t.Errorf("added %+v", last)
			}
			got = got[:len(got)-1]
		}
		if len(got) != len(want) {
			t.Fatalf("members: %q to %q", in, out)
		}
		for i := range want {
			switch {
			case want[i].key == "model":
				want[i].raw = `"real"`
			case want[i].key == "stream_options" && usageWanted:
				continue
			}
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("member %+v became %+v", want[i], got[i])
			}
		}
		again, err := openai.ReadRequest(out)
		if err != nil || (usageWanted && !again.IncludeUsage && !bytes.Contains(in, []byte("stream_options")) && !bytes.Contains(in, []byte(`\`))) {
			t.Errorf("%q became %q: %v", in, out, err)
		}
	})
}

type member struct{ key, raw string }

func ordered(t *testing.T, body []byte) (out []member) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			t.Fatal(err)
		}
		out = append(out, member{key.(string), string(raw)})
	}
	return out
}
