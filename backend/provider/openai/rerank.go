package openai

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// RerankStyle is which form of /rerank an endpoint has.
type RerankStyle int

// The forms. Cohere does not know return_documents, which the others would
// answer with; it bills searches, the others tokens.
const (
	RerankVLLM RerankStyle = iota
	RerankCohere
	RerankJina
)

var _ llm.Reranker = (*Client)(nil)

type rerankBody struct {
	Model     string   `json:"model"`
	Query     string   `json:"query"`
	Documents []string `json:"documents"`
	Top       int      `json:"top_n,omitempty"`
	Return    *bool    `json:"return_documents,omitempty"`
}

type rerankAnswer struct {
	Model   string `json:"model"`
	Results []struct {
		Index int      `json:"index"`
		Score *float64 `json:"relevance_score"`
	} `json:"results"`
	Usage *struct {
		Prompt int `json:"prompt_tokens"`
		Total  int `json:"total_tokens"`
	} `json:"usage"`
	Meta struct {
		Billed struct {
			Searches float64 `json:"search_units"`
		} `json:"billed_units"`
	} `json:"meta"`
	Error json.RawMessage `json:"error"`
}

// Rerank implements llm.Reranker. A model that is none answers with scores of no
// meaning, and nothing here can tell: ask only what the catalogue calls one.
func (c *Client) Rerank(ctx context.Context, req llm.RerankRequest) (llm.Ranking, error) {
	path := c.dialect.path(llm.Rerank, req.Model)
	if path == "" {
		return llm.Ranking{}, endpoint.Refuses(llm.Rerank)
	}
	if len(req.Documents) == 0 || req.Query == "" {
		return llm.Ranking{}, fault.New(fault.BadRequest, "There is nothing to rank.", nil).At("documents")
	}
	ask := rerankBody{Model: req.Model, Query: req.Query, Documents: req.Documents, Top: req.Top}
	if c.dialect.Rerank != RerankCohere {
		ask.Return = new(bool)
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return llm.Ranking{}, fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode documents: %w", err))
	}
	var got rerankAnswer
	if err := c.exchange(ctx, http.MethodPost, path, body, &got); err != nil {
		return llm.Ranking{}, err
	}
	if len(got.Error) > 0 && string(got.Error) != "null" {
		return llm.Ranking{}, BrokenOff(got.Error)
	}
	ranks, err := got.ranks(len(req.Documents), req.Top)
	if err != nil {
		return llm.Ranking{}, endpoint.Malformed(err)
	}
	return llm.Ranking{Model: got.Model, Ranks: ranks, Usage: got.tokens(len(body))}, nil
}

// ranks are best first, each document at most once, and no more than were asked
// for.
func (a rerankAnswer) ranks(documents, top int) ([]llm.Rank, error) {
	if len(a.Results) == 0 || len(a.Results) > documents {
		return nil, fmt.Errorf("%d ranks of %d documents", len(a.Results), documents)
	}
	seen := make([]bool, documents)
	out := make([]llm.Rank, 0, len(a.Results))
	for _, one := range a.Results {
		if one.Index < 0 || one.Index >= documents || seen[one.Index] {
			return nil, fmt.Errorf("document %d is out of range or twice there", one.Index)
		}
		if one.Score == nil {
			return nil, fmt.Errorf("document %d has no score", one.Index)
		}
		seen[one.Index] = true
		out = append(out, llm.Rank{Index: one.Index, Score: *one.Score})
	}
	slices.SortStableFunc(out, func(a, b llm.Rank) int { return cmp.Compare(b.Score, a.Score) })
	if top > 0 && len(out) > top {
		out = out[:top]
	}
	return out, nil
}

// tokens is what is billed: searches where the provider says so, else tokens.
func (a rerankAnswer) tokens(sent int) llm.Usage {
	if n := a.Meta.Billed.Searches; n > 0 {
		return llm.Usage{Searches: int(math.Ceil(min(n, 1e6)))}
	}
	if a.Usage == nil {
		return Estimate(sent, 0)
	}
	return llm.Usage{Input: max(a.Usage.Prompt, a.Usage.Total, 0)}
}
