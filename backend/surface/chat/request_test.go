package chat_test

import (
	"bytes"
	"strings"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/surface/chat"
	"nexusai/backend/surface/picture"
)

const said = `"messages":[{"role":"user","content":"hi"}]`

func read(t *testing.T, body string) broker.Request {
	t.Helper()
	r, err := chat.Surface{}.Read([]byte(body))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return r
}

func TestRewriteChangesOnlyWhatItMust(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in, model string
		max       int
		want      string
	}{
		"model only":    {`{"model":"a","seed":12345678901234567890,"x":1.0,` + said + `}`, "real", 0, `{"model":"real","seed":12345678901234567890,"x":1.0,` + said + `}`},
		"odd spacing":   {" {\n " + said + " ,\t\"model\"  :  \"a\" } \n", "real", 0, " {\n " + said + " ,\t\"model\"  :  \"real\" } \n"},
		"usage added":   {`{"model":"a","stream":true,` + said + `}`, "real", 0, `{"model":"real","stream":true,` + said + `,"stream_options":{"include_usage":true}}`},
		"usage there":   {`{"model":"a","stream":true,"stream_options":{"include_usage":true},` + said + `}`, "real", 0, `{"model":"real","stream":true,"stream_options":{"include_usage":true},` + said + `}`},
		"usage false":   {`{"stream_options":{"include_usage" : false },"model":"a","stream":true,` + said + `}`, "real", 0, `{"stream_options":{"include_usage" : true },"model":"real","stream":true,` + said + `}`},
		"options other": {`{"model":"a","stream":true,"stream_options":{"x":1},` + said + `}`, "real", 0, `{"model":"real","stream":true,"stream_options":{"x":1,"include_usage":true},` + said + `}`},
		"options null":  {`{"model":"a","stream":true,"stream_options":null,` + said + `}`, "real", 0, `{"model":"real","stream":true,"stream_options":{"include_usage":true},` + said + `}`},
		"options wrong": {`{"model":"a","stream":true,"stream_options":7,` + said + `}`, "real", 0, `{"model":"real","stream":true,"stream_options":7,` + said + `}`},
		"limit added":   {`{"model":"a",` + said + `}`, "real", 512, `{"model":"real",` + said + `,"max_tokens":512}`},
		"limit null":    {`{"model":"a","max_completion_tokens":null,` + said + `}`, "real", 512, `{"model":"real","max_completion_tokens":512,` + said + `}`},
		"limit there":   {`{"model":"a","max_tokens":9,` + said + `}`, "real", 512, `{"model":"real","max_tokens":9,` + said + `}`},
		"its new name":  {`{"model":"a",` + said + `}`, "openai/o3-mini", 512, `{"model":"openai/o3-mini",` + said + `,"max_completion_tokens":512}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := []byte(c.in)
			r := read(t, c.in)
			if got := string(r.Rewrite(c.model, c.max)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !bytes.Equal(in, []byte(c.in)) {
				t.Error("the original was changed")
			}
		})
	}
}

func TestReadFindsTheFacts(t *testing.T) {
	t.Parallel()
	r := read(t, `{"model":"m","stream":true,"n":3,"max_tokens":5,"max_completion_tokens":9,"prompt_cache_key":"k",`+said+`}`)
	if b := r.Bound(); r.Model() != "m" || !r.Stream() || b.Choices != 3 || b.MaxOutput != 9 || r.Affinity() != "k" || r.Plain() {
		t.Errorf("%+v", r)
	}
	for body, plain := range map[string]bool{
		`{"model":"m",` + said + `}`: true,
		`{"model":"m","tools":[],"response_format":{"type":"text"},"n":1,` + said + `}`:    true,
		`{"model":"m","tools":[{"type":"function","function":{"name":"f"}}],` + said + `}`: false,
		`{"model":"m","response_format":{"type":"json_object"},` + said + `}`:              false,
		`{"model":"m","logprobs":true,` + said + `}`:                                       false,
		`{"model":"m","modalities":["text","audio"],` + said + `}`:                         false,
		`{"model":"m","n":2,` + said + `}`:                                                 false,
	} {
		if read(t, body).Plain() != plain {
			t.Errorf("%s is plain: %v", body, !plain)
		}
	}
}

func TestAConversationThatGoesOnIsTied(t *testing.T) {
	t.Parallel()
	turns := []string{`{"role":"system","content":"s"}`, `{"role":"user","content":"hi"}`, `{"role":"assistant","content":"hello"}`, `{"role":"user","content":"go on"}`, `{"content":"well","role":"assistant"}`, `{"role":"user","content":"more"}`}
	tie := func(n int, more string) string {
		return read(t, `{"model":"m","messages":[`+strings.Join(turns[:n], ",")+`]`+more+`}`).Affinity()
	}
	second, third := tie(4, ""), tie(6, "")
	if tie(2, "") != "" || second == "" || second != third || tie(6, `,"prompt_cache_key":"k"`) != "k" {
		t.Errorf("ties %q, %q, %q", tie(2, ""), second, third)
	}
	turns[2] = `{"role":"assistant","content":"another answer"}`
	if tie(4, "") == second {
		t.Error("two conversations have one tie")
	}
}

func TestBoundCountsImagesByPiece(t *testing.T) {
	t.Parallel()
	image := `{"type":"image_url","image_url":{"url":"data:image/png;base64,` + strings.Repeat("A", 40000) + `"}}`
	body := `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"what?"},` + image + `]}]}`
	b := read(t, body).Bound()
	if b.Images != 1 || b.Input < picture.MaxTokens || b.Input > picture.MaxTokens+200 {
		t.Errorf("%+v", b)
	}
}

func TestReadRefusesWhatEveryProviderWould(t *testing.T) {
	t.Parallel()
	for field, bad := range map[string]string{
		"":                                   `[1]`,
		"model":                              `{` + said + `}`,
		"messages":                           `{"model":"m"}`,
		"messages ":                          `{"model":"m","messages":"hi"}`,
		"messages  ":                         `{"model":"m","messages":[]}`,
		"messages   ":                        `{"model":"m","messages":[` + strings.Repeat(`{"role":"user"},`, 9000) + `{"role":"user"}]}`,
		"messages.0":                         `{"model":"m","messages":[7]}`,
		"messages.0.content":                 `{"model":"m","messages":[{"role":"user","content":7}]}`,
		"messages.0.content ":                `{"model":"m","messages":[{"content":{"text":"hi"},"role":"user"}]}`,
		"messages.1":                         `{"model":"m","messages":[{"role":"user"},{"content":"x"}]}`,
		"messages.0.content.0.image_url.url": `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://169.254.169.254/"}}]}]}`,
		"messages.0.content.0.image_url":     `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":"http://10.0.0.1/x.png"}]}]}`,
		"n":                                  `{"model":"m","n":1000,` + said + `}`,
		"n ":                                 `{"model":"m","n":0,` + said + `}`,
		"stream":                             `{"model":"m","stream":"yes",` + said + `}`,
		"max_tokens":                         `{"model":"m","max_tokens":-1,` + said + `}`,
		"max_tokens ":                        `{"model":"m","max_tokens":1e99,` + said + `}`,
		"MAX_TOKENS":                         `{"model":"m","MAX_TOKENS":7,` + said + `}`,
		"model ":                             `{"model":"m","model":"n",` + said + `}`,
	} {
		_, err := chat.Surface{}.Read([]byte(bad))
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != strings.TrimSpace(field) {
			t.Errorf("%.80s is %+v", bad, f)
		}
	}
}
