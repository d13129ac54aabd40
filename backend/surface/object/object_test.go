package object_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/object"
)

func TestPutChangesNothingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"replaced":    {" {\n \"x\" : [ {\"model\":\"keep\"} ] ,\t\"model\"  :  \"a\" } \n", " {\n \"x\" : [ {\"model\":\"keep\"} ] ,\t\"model\"  :  \"real\" } \n"},
		"escaped key": {`{"mod\u0065l":"a","n":1.0}`, `{"mod\u0065l":"real","n":1.0}`},
		"added":       {`{"stream": true, "big": 12345678901234567890  }`, `{"stream": true, "big": 12345678901234567890,"model":"real"  }`},
		"empty":       {`{ }`, `{"model":"real" }`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := object.Parse([]byte(c.in))
			if err != nil {
				t.Fatal(fault.Cause(err))
			}
			if got := string(splice.Apply([]byte(c.in), []splice.Edit{o.Put("model", `"real"`)})); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestParseRefusesWhatServersReadDifferently(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"empty": ``, "space": ` `, "list": `[]`, "text": `"x"`, "half": `{`, "two": `{}{}`,
		"twice": `{"model":"a","model":"b"}`, "twice, escaped": `{"model":"a","mod\u0065l":"b"}`, "another case": `{"Model":"b"}`,
		"invalid UTF-8": "{\"model\":\"\xff\"}", "deep": strings.Repeat("[", 20000), "too many": "{" + strings.Repeat(`"a":1,`, 2000) + `"b":1}`,
		"many names": manyNames(),
	} {
		if _, err := object.Parse([]byte(bad), "model"); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s is %v", name, err)
		}
	}
}

func manyNames() string {
	members := map[string]int{}
	for i := range 2000 {
		members[strings.Repeat("x", i)] = i
	}
	text, _ := json.Marshal(members)
	return string(text)
}

// FuzzPut compares the splice with decoding: what was put is there, and all
// other members keep their raw bytes and order.
func FuzzPut(f *testing.F) {
	for _, in := range []string{`{"model":"a","stream":true}`, ` { "a" : [1,{"b":null}] , "model" : null } `, `{}`, `{"a":"\"}","b":-1.5e3}`, `{"o":{"x":1}}`, `[{}]`} {
		f.Add([]byte(in), "o", "x")
	}
	f.Fuzz(func(t *testing.T, in []byte, outer, inner string) {
		before := bytes.Clone(in)
		o, err := object.Parse(in, "model")
		if err != nil {
			return
		}
		edits := []splice.Edit{o.Put("model", `"the marker"`)}
		if sub, ok, err := o.Inner(outer); ok && err == nil && outer != "model" {
			edits = append(edits, sub.Put(inner, "7"))
		}
		out := splice.Apply(in, edits)
		if !bytes.Equal(in, before) {
			t.Fatal("the original was changed")
		}
		again, err := object.Parse(out)
		if err != nil {
			t.Fatalf("%q became %q: %v", in, out, fault.Cause(err))
		}
		if string(again.Raw("model")) != `"the marker"` {
			t.Errorf("%q became %q", in, out)
		}
		for _, key := range o.Keys() {
			if key != "model" && key != outer && !bytes.Equal(again.Raw(key), o.Raw(key)) {
				t.Errorf("%q became %q", o.Raw(key), again.Raw(key))
			}
		}
	})
}
