package llm

import "context"

// Reranker orders documents by how well they answer a query.
type Reranker interface {
	Rerank(ctx context.Context, req RerankRequest) (Ranking, error)
}

// RerankRequest is a query and what may answer it.
type RerankRequest struct {
	Model     string
	Query     string
	Documents []string
	Top       int // 0: all
}

// Ranking is best first.
type Ranking struct {
	Model string
	Ranks []Rank
	Usage Usage
}

// Rank is a document's place in RerankRequest.Documents and its score, which
// can be compared within one ranking only.
type Rank struct {
	Index int
	Score float64
}
