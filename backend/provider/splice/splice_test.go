package splice_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/provider/splice"
)

type member struct{ key, raw string }

func members(t *testing.T, body []byte, from int) ([]member, int) {
	t.Helper()
	var out []member
	end, err := splice.Members(body, from, func(key string, value splice.Span) error {
		out = append(out, member{key, string(value.Of(body))})
		return nil
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return out, end
}

func TestMembersAreFoundAsTheyAre(t *testing.T) {
	t.Parallel()
	body := []byte(" { \"a\" :[1, {\"b\":\"}\\\"\"}],\"\\u0062\":1.50 ,\"c\":{ }, \"d\":null\n}")
	got, _ := members(t, body, 0)
	want := []member{{"a", `[1, {"b":"}\""}]`}, {"b", "1.50"}, {"c", "{ }"}, {"d", "null"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{`[]`, `"x"`, ` 7`, `null`} {
		if _, err := splice.Members([]byte(bad), 0, nil); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s is %v", bad, err)
		}
	}
}

func TestAddGoesBehindTheLastMember(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{}`: `{"x":1}`, ` { } `: ` {"x":1 } `, `{"a":{}}`: `{"a":{},"x":1}`, `{"a":"{" }`: `{"a":"{","x":1 }`,
	} {
		_, end := members(t, []byte(in), 0)
		if got := splice.Apply([]byte(in), []splice.Edit{splice.Add([]byte(in), end, `"x"`, "1")}); string(got) != want {
			t.Errorf("%s became %s", in, got)
		}
	}
}

func TestApplyTakesEditsInAnyOrder(t *testing.T) {
	t.Parallel()
	in := []byte("abcdef")
	edits := []splice.Edit{{At: splice.Span{From: 4, To: 5}, Text: "E"}, {At: splice.Span{From: 1, To: 2}}, {At: splice.Span{From: 6, To: 6}, Text: "!"}}
	if got := splice.Apply(in, edits); string(got) != "acdEf!" || string(in) != "abcdef" || edits[0].Text != "E" {
		t.Errorf("got %s, left %s %v", got, in, edits)
	}
}

// FuzzMembers compares with a decoder: the same keys, the same raw values.
func FuzzMembers(f *testing.F) {
	for _, in := range []string{`{"a":1,"a":[{}],"b":"\"\\"}`, ` {} `, `{"\ud800":"}"}`, "{\"a\"\n:\t-1.0e9\r}", `[{"a":1}]`, `{"a":tru`} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if splice.Check(in) != nil {
			return
		}
		var got []member
		end, err := splice.Members(in, 0, func(key string, value splice.Span) error {
			got = append(got, member{key, string(value.Of(in))})
			return nil
		})
		if isObject := bytes.HasPrefix(bytes.TrimSpace(in), []byte("{")); (err == nil) != isObject {
			t.Fatalf("%q is %v", in, err)
		}
		if err != nil {
			return
		}
		if want := decoded(t, in); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		out := splice.Apply(in, []splice.Edit{splice.Add(in, end, `"the new one"`, "true")})
		if more := decoded(t, out); len(more) != len(got)+1 || more[len(got)] != (member{"the new one", "true"}) {
			t.Errorf("added: %q", out)
		}
	})
}

func decoded(t *testing.T, body []byte) (out []member) {
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

func TestCheckRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{``, ` `, `{`, "\"\xff\"", strings.Repeat("[", 20000)} {
		if err := splice.Check([]byte(bad)); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%.20q is %v", bad, err)
		}
	}
}
