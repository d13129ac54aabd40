package embeddings_test

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"strings"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/embeddings"
)

type vectors struct {
	llm.Client
	nan bool
}

func (c vectors) Embed(_ context.Context, req llm.EmbedRequest) (llm.Embeddings, error) {
	out := llm.Embeddings{Model: "x", Dim: req.Dim, Usage: llm.Usage{Input: 5}}
	for range req.Inputs {
		v := make([]float32, req.Dim)
		v[0] = 1.5
		if req.User == "ana" {
			v[1] = 7
		}
		if c.nan {
			v[0] = float32(math.NaN())
		}
		out.Vectors = append(out.Vectors, v)
	}
	return out, nil
}

func do(t *testing.T, body string, client llm.Client) (string, error) {
	t.Helper()
	r, err := embeddings.Surface{}.Read([]byte(body))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	answer, err := r.(broker.Doer).Do(t.Context(), client, "real")
	if err != nil {
		return "", err
	}
	got, err := io.ReadAll(answer.Body)
	if err != nil || answer.Usage.Input != 5 {
		t.Errorf("%+v %v", answer.Usage, err)
	}
	if seen, f := (embeddings.Surface{}).Inspect(got); f != nil || seen.Usage.Input != 5 {
		t.Errorf("%s does not read back: %+v %v", got, seen, f)
	}
	return string(got), nil
}

func TestAnswersInBothEncodings(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"model":"m","input":["a","b"],"dimensions":2}`:                      `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.5,0]},{"object":"embedding","index":1,"embedding":[1.5,0]}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}`,
		`{"model":"m","input":"a","dimensions":2,"user":"ana"}`:               `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.5,7]}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}`,
		`{"model":"m","input":"a","dimensions":2,"encoding_format":"base64"}`: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AADAPwAAAAA="}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}`,
	} {
		if got, err := do(t, body, vectors{}); err != nil || got != want {
			t.Errorf("got  %s\nwant %s\n%v", got, want, err)
		}
	}
	if _, err := do(t, `{"model":"m","input":[1,2],"dimensions":2}`, vectors{}); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("tokens are %v", err)
	}
	if _, err := do(t, `{"model":"m","input":"a","dimensions":2}`, vectors{nan: true}); fault.CodeOf(err) != fault.UpstreamFailed {
		t.Errorf("no number is %v", err)
	}
}

func TestRewriteChangesOnlyTheModel(t *testing.T) {
	t.Parallel()
	in := `{ "input":["query: a"], "model" : "embed","x":1.0,"encoding_format":"base64" }`
	r, err := embeddings.Surface{}.Read([]byte(in))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	if got := string(r.Rewrite("real", 100)); got != strings.Replace(in, `"embed"`, `"real"`, 1) {
		t.Errorf("got %s", got)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	many, _ := json.Marshal(strings.Split(strings.Repeat("a ", 2500), " "))
	for field, bad := range map[string]string{
		"model": `{"input":"a"}`, "input": `{"model":"m","input":""}`, "input ": `{"model":"m","input":[]}`, "input  ": `{"model":"m","input":["a",""]}`,
		"input   ": `{"model":"m","input":[null]}`, "input    ": `{"model":"m","input":[[]]}`, "input     ": `{"model":"m","input":` + string(many) + `}`, "input      ": `{"model":"m"}`, "input       ": `{"model":"m","input":[1,"a"]}`,
		"encoding_format": `{"model":"m","input":"a","encoding_format":"hex"}`, "dimensions": `{"model":"m","input":"a","dimensions":-1}`, "dimensions ": `{"model":"m","input":"a","dimensions":"x"}`,
	} {
		_, err := embeddings.Surface{}.Read([]byte(bad))
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != strings.TrimSpace(field) {
			t.Errorf("%.80s is %+v", bad, f)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"model":"m","input":["a",[1,2],3]}`, `{"model":"m","input":[[1],[2]]}`, `{"input":null,"encoding_format":7}`, `[`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := embeddings.Surface{}.Read(body)
		if err != nil {
			return
		}
		if again, err := (embeddings.Surface{}).Read(r.Rewrite("another", 0)); err != nil || again.Model() != "another" {
			t.Errorf("%q became %q", body, r.Rewrite("another", 0))
		}
	})
}
