package responses_test

import (
	"strings"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/surface/picture"
	"nexusai/backend/surface/responses"
)

func read(t *testing.T, body string) broker.Request {
	t.Helper()
	r, err := responses.Surface{}.Read([]byte(body))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return r
}

func TestReadFindsTheFacts(t *testing.T) {
	t.Parallel()
	image := `{"type":"input_image","image_url":"data:image/png;base64,` + strings.Repeat("A", 40000) + `"}`
	r := read(t, `{"model":"m","stream":true,"max_output_tokens":7,"prompt_cache_key":"k","tools":[{"type":"function","name":"f"}],"text":{"format":{"type":"json_object"}},"input":[{"role":"user","content":[`+image+`]}]}`)
	b := r.Bound()
	if r.Model() != "m" || !r.Stream() || r.Affinity() != "k" || r.Plain() || b.MaxOutput != 7 || b.Images != 1 || !b.Tools || !b.Schema ||
		b.Input < picture.MaxTokens || b.Input > picture.MaxTokens+400 {
		t.Errorf("%+v", b)
	}
	if p := read(t, `{"model":"m","input":"hi"}`); !p.Plain() || p.Bound().Tools || p.Bound().Schema {
		t.Errorf("%+v", p.Bound())
	}
	if got := string(r.Rewrite("real", 0)); !strings.HasPrefix(got, `{"model":"real","stream":true,`) {
		t.Errorf("got %.80s", got)
	}
}

func TestAConversationThatGoesOnIsTied(t *testing.T) {
	t.Parallel()
	turns := []string{`{"role":"user","content":"hi"}`, `{"type":"reasoning","encrypted_content":"x","summary":[]}`, `{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hello"}]}`, `{"role":"user","content":"go on"}`, `{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}`}
	tie := func(n int, more string) string {
		return read(t, `{"model":"m","input":[`+strings.Join(turns[:n], ",")+`]`+more+`}`).Affinity()
	}
	if second := tie(4, ""); tie(1, "") != "" || second == "" || second != tie(5, "") || tie(5, `,"prompt_cache_key":"k"`) != "k" || read(t, `{"model":"m","input":"hi"}`).Affinity() != "" {
		t.Errorf("ties %q, %q, %q", tie(1, ""), second, tie(5, ""))
	}
}

func TestReadRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	for field, bad := range map[string]string{
		"":                            `[]`,
		"model":                       `{"input":"hi"}`,
		"input":                       `{"model":"m"}`,
		"input ":                      `{"model":"m","input":7}`,
		"input.0":                     `{"model":"m","input":["hi"]}`,
		"conversation":                `{"model":"m","input":"hi","conversation":"conv_1"}`,
		"conversation ":               `{"model":"m","input":"hi","conversation":{"id":"conv_1"}}`,
		"background":                  `{"model":"m","input":"hi","background":true}`,
		"input.0.content.0.image_url": `{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"http://127.0.0.1/"}]}]}`,
		"max_output_tokens":           `{"model":"m","input":"hi","max_output_tokens":-1}`,
		"STORE":                       `{"model":"m","input":"hi","STORE":true}`,
		"input  ":                     `{"model":"m","input":[` + strings.Repeat(`{},`, 20000) + `{}]}`,
	} {
		_, err := responses.Surface{}.Read([]byte(bad))
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != strings.TrimSpace(field) {
			t.Errorf("%.80s is %+v", bad, f)
		}
	}
}

// TestWhatIsNotKeptHereIsNotKeptByTheProvider: where the wire is passed through,
// the provider would keep what nobody allowed, and say so.
func TestWhatIsNotKeptHereIsNotKeptByTheProvider(t *testing.T) {
	t.Parallel()
	s := responses.Surface{Unkept: true}
	for body, want := range map[string]string{
		`{"model":"m","input":"a","x":1.50}`:       `{"model":"m","input":"a","x":1.50,"store":false}`,
		`{"model":"m","store": true ,"input":"a"}`: `{"model":"m","store": false ,"input":"a"}`,
		`{"model":"m","store":false,"input":"a"}`:  `{"model":"m","store":false,"input":"a"}`,
		`{"model":"m","store":null,"input":"a"}`:   `{"model":"m","store":false,"input":"a"}`,
	} {
		r, err := s.Read([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Rewrite("m", 0)); got != want {
			t.Errorf("%s\nis sent on as %s", body, got)
		}
	}
}
