package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// embedAnswer is go-openai's answer with our reading of usage.
type embedAnswer struct {
	Data  []sdk.Embedding `json:"data"`
	Model string          `json:"model"`
	Usage *usage          `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// Embed implements llm.Client. Vectors come back in the order of the inputs
// whatever order the provider sent them in.
func (c *Client) Embed(ctx context.Context, req llm.EmbedRequest) (llm.Embeddings, error) {
	path := c.dialect.path(llm.OpenAIEmbeddings, req.Model)
	if path == "" {
		return llm.Embeddings{}, endpoint.Refuses(llm.OpenAIEmbeddings)
	}
	if len(req.Inputs) == 0 {
		return llm.Embeddings{}, fault.New(fault.BadRequest, "There is nothing to embed.", nil).At("input")
	}
	body, err := json.Marshal(sdk.EmbeddingRequest{
		Model: sdk.EmbeddingModel(req.Model), Input: req.Inputs, EncodingFormat: sdk.EmbeddingEncodingFormatFloat,
		Dimensions: req.Dim, User: req.User,
	})
	if err != nil {
		return llm.Embeddings{}, fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode inputs: %w", err))
	}
	var got embedAnswer
	if err := c.exchange(ctx, http.MethodPost, path, body, &got); err != nil {
		return llm.Embeddings{}, err
	}
	if len(got.Error) > 0 && string(got.Error) != "null" {
		return llm.Embeddings{}, providerError(0, got.Error)
	}
	vectors, err := inOrder(got.Data, len(req.Inputs))
	if err != nil {
		return llm.Embeddings{}, endpoint.Malformed(err)
	}
	out := llm.Embeddings{Model: got.Model, Vectors: vectors, Dim: len(vectors[0]), Usage: Estimate(len(body), 0)}
	if got.Usage != nil {
		out.Usage = got.Usage.tokens()
	}
	return out, nil
}

// inOrder places want vectors of one length by their index.
func inOrder(data []sdk.Embedding, want int) ([][]float32, error) {
	if len(data) != want {
		return nil, fmt.Errorf("%d vectors for %d inputs", len(data), want)
	}
	vectors := make([][]float32, want)
	for _, one := range data {
		if one.Index < 0 || one.Index >= want || vectors[one.Index] != nil {
			return nil, fmt.Errorf("vector index %d is out of range or twice there", one.Index)
		}
		if len(one.Embedding) == 0 || len(one.Embedding) != len(data[0].Embedding) {
			return nil, errors.New("vectors are empty or differ in length")
		}
		vectors[one.Index] = one.Embedding
	}
	return vectors, nil
}
