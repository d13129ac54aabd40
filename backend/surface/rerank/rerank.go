// Package rerank is the surface on which documents are put in the order of how
// well they answer a query, in the form that Cohere, Jina and vLLM share.
package rerank

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/object"
	"nexusai/backend/surface/single"
)

// maxDocuments is what Cohere advises.
const maxDocuments = 10_000

// Surface implements broker.Surface.
type Surface struct{ single.Surface }

var (
	_ broker.Surface = Surface{}
	_ broker.Doer    = (*request)(nil)
)

// Wire implements broker.Surface.
func (Surface) Wire() llm.Wire { return llm.Rerank }

type request struct {
	single.Request
	body    []byte
	members object.Object
	query   string
	texts   []string
	top     int
	repeat  bool // the documents are said again in the answer
}

// Read implements broker.Surface.
func (Surface) Read(body []byte) (broker.Request, error) {
	members, err := object.Parse(body, "model", "query", "documents", "top_n", "return_documents")
	if err != nil {
		return nil, err
	}
	r := &request{body: body, members: members}
	for _, f := range []struct {
		key  string
		into any
	}{
		{"model", &r.Name},
		{"query", &r.query},
		{"top_n", &r.top},
		{"return_documents", &r.repeat},
	} {
		if raw := members.Raw(f.key); raw != nil {
			if err := splice.Field(raw, f.key, f.into); err != nil {
				return nil, err
			}
		}
	}
	switch {
	case r.Name == "":
		return nil, fault.New(fault.BadRequest, "You must provide a model parameter.", nil).At("model")
	case r.query == "":
		return nil, fault.New(fault.BadRequest, "query is a text that is not empty.", nil).At("query")
	case r.top < 0:
		return nil, fault.New(fault.BadRequest, "top_n cannot be negative.", nil).At("top_n")
	}
	documents := members.Raw("documents")
	if documents == nil || !r.documents(documents) {
		return nil, fault.New(fault.BadRequest, "documents is a list of 1 to 10,000 texts.", nil).At("documents")
	}
	// The query is read beside each document.
	r.Most = broker.Bound{Input: len(body) + len(r.query)*len(r.texts), Likely: (len(body) + len(r.query)*len(r.texts)) / 4, Choices: 1}
	return r, nil
}

// documents accepts ["a"] and [{"text": "a"}].
func (r *request) documents(raw []byte) bool {
	return splice.Each(raw, func(i int, item []byte) bool {
		if item[0] == '{' {
			inner := item
			item = nil
			object.Members(inner, func(key string, value []byte) bool {
				if key == "text" {
					item = value
				}
				return true
			})
		}
		var text string
		if i == maxDocuments || item == nil || item[0] != '"' || json.Unmarshal(item, &text) != nil {
			return false
		}
		r.texts = append(r.texts, text)
		return true
	}) && len(r.texts) > 0
}

// Rewrite implements broker.Request.
func (r *request) Rewrite(model string, _ int) []byte {
	return splice.Apply(r.body, []splice.Edit{r.members.Put("model", object.Quote(model))})
}

type answer struct {
	ID      string   `json:"id,omitempty"`
	Model   string   `json:"model"`
	Results []result `json:"results"`
	Usage   *usage   `json:"usage,omitempty"`
	Meta    *meta    `json:"meta,omitempty"`
}

type result struct {
	Index    int       `json:"index"`
	Score    float64   `json:"relevance_score"`
	Document *document `json:"document,omitempty"`
}

type document struct {
	Text string `json:"text"`
}

type usage struct {
	Prompt int `json:"prompt_tokens,omitempty"`
	Total  int `json:"total_tokens"`
}

type meta struct {
	Billed struct {
		Searches float64 `json:"search_units"`
	} `json:"billed_units"`
}

// Inspect implements broker.Surface.
func (Surface) Inspect(body []byte) (broker.Seen, *fault.Fault) {
	var a struct {
		Model   string          `json:"model"`
		ID      string          `json:"id"`
		Results json.RawMessage `json:"results"`
		Usage   *usage          `json:"usage"`
		Meta    *meta           `json:"meta"`
	}
	err := json.Unmarshal(body, &a)
	if err == nil && len(a.Results) == 0 {
		err = errors.New("the answer has no results")
	}
	if err != nil {
		return broker.Seen{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", fmt.Errorf("read a ranking: %w", err))
	}
	seen := broker.Seen{ID: a.ID, Model: a.Model, Bytes: len(body), Done: true, Whole: true}
	if a.Usage != nil && a.Usage.Total > 0 {
		seen.Usage.Input, seen.HasUsage = a.Usage.Total, true
	}
	if a.Meta != nil && a.Meta.Billed.Searches > 0 && a.Meta.Billed.Searches < 1e6 {
		seen.Usage.Searches, seen.HasUsage = int(a.Meta.Billed.Searches), true
	}
	return seen, nil
}

// Do implements broker.Doer.
func (r *request) Do(ctx context.Context, client llm.Client, model string) (broker.Answer, error) {
	ranker, ok := client.(llm.Reranker)
	if !ok {
		return broker.Answer{}, single.Cannot(errors.New("the provider has no rerank"))
	}
	got, err := ranker.Rerank(ctx, llm.RerankRequest{Model: model, Query: r.query, Documents: r.texts, Top: r.top})
	if err != nil {
		return broker.Answer{}, err
	}
	out := answer{Model: r.Name, Results: []result{}, Usage: &usage{Prompt: got.Usage.Input, Total: got.Usage.Input}}
	if got.Usage.Searches > 0 {
		out.Meta = &meta{}
		out.Meta.Billed.Searches = float64(got.Usage.Searches)
	}
	for _, rank := range got.Ranks {
		if rank.Index < 0 || rank.Index >= len(r.texts) {
			return broker.Answer{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", fmt.Errorf("rank of document %d of %d", rank.Index, len(r.texts)))
		}
		one := result{Index: rank.Index, Score: rank.Score}
		if r.repeat {
			one.Document = &document{r.texts[rank.Index]}
		}
		out.Results = append(out.Results, one)
	}
	body, err := json.Marshal(out)
	if err != nil {
		return broker.Answer{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", fmt.Errorf("encode a ranking: %w", err))
	}
	return broker.Answer{ContentType: "application/json", Body: io.NopCloser(bytes.NewReader(body)), Usage: got.Usage}, nil
}
