package rerank_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/rerank"
)

type ranker struct {
	llm.Client
	index int
}

func (r ranker) Rerank(_ context.Context, req llm.RerankRequest) (llm.Ranking, error) {
	if req.Query != "q" || strings.Join(req.Documents, "") != "ab" || req.Top != 1 || req.Model != "real" {
		return llm.Ranking{}, fault.New(fault.BadRequest, "", nil)
	}
	return llm.Ranking{Ranks: []llm.Rank{{Index: r.index, Score: 0.5}}, Usage: llm.Usage{Input: 9, Searches: 1}}, nil
}

const body = `{"model":"m","query":"q","documents":["a",{"text":"b"}],"top_n":1,"return_documents":true}`

func TestRanksThroughAnotherWire(t *testing.T) {
	t.Parallel()
	r, err := rerank.Surface{}.Read([]byte(body))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	answer, err := r.(broker.Doer).Do(t.Context(), ranker{index: 1}, "real")
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	got, _ := io.ReadAll(answer.Body)
	want := `{"model":"m","results":[{"index":1,"relevance_score":0.5,"document":{"text":"b"}}],"usage":{"prompt_tokens":9,"total_tokens":9},"meta":{"billed_units":{"search_units":1}}}`
	if string(got) != want {
		t.Errorf("got %s", got)
	}
	if seen, f := (rerank.Surface{}).Inspect(got); f != nil || seen.Usage != (llm.Usage{Input: 9, Searches: 1}) || !seen.Whole {
		t.Errorf("%+v %v", seen, f)
	}
	for name, client := range map[string]llm.Client{"no ranker": struct{ llm.Client }{}, "a rank of nothing": ranker{index: 7}} {
		if _, err := r.(broker.Doer).Do(t.Context(), client, "real"); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	if got := string(r.Rewrite("real", 0)); got != strings.Replace(body, `"m"`, `"real"`, 1) {
		t.Errorf("got %s", got)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for field, bad := range map[string]string{
		"model": `{"query":"q","documents":["a"]}`, "query": `{"model":"m","documents":["a"]}`, "documents": `{"model":"m","query":"q"}`, "documents ": `{"model":"m","query":"q","documents":[]}`,
		"documents  ": `{"model":"m","query":"q","documents":[7]}`, "documents   ": `{"model":"m","query":"q","documents":[{}]}`, "top_n": `{"model":"m","query":"q","documents":["a"],"top_n":-1}`,
	} {
		_, err := rerank.Surface{}.Read([]byte(bad))
		if f := fault.From(err); f == nil || f.Code != fault.BadRequest || f.Field != strings.TrimSpace(field) {
			t.Errorf("%s is %+v", bad, f)
		}
	}
	for _, bad := range []string{``, `{}`, `{"error":{}}`, `<html>`} {
		if _, f := (rerank.Surface{}).Inspect([]byte(bad)); f == nil {
			t.Errorf("%q is an answer", bad)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(body))
	f.Add([]byte(`{"documents":[{"text":{}}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		_, _ = rerank.Surface{}.Inspect(in)
		r, err := rerank.Surface{}.Read(in)
		if err != nil {
			return
		}
		if again, err := (rerank.Surface{}).Read(r.Rewrite("another", 0)); err != nil || again.Model() != "another" {
			t.Errorf("%q became %q", in, r.Rewrite("another", 0))
		}
	})
}
