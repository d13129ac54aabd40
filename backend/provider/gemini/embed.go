package gemini

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// maxBatch is how many inputs the provider takes at once.
const maxBatch = 100

type embedRequest struct {
	Model   string  `json:"model"`
	Content content `json:"content"`
	Dim     int     `json:"outputDimensionality,omitempty"`
}

type embedAnswer struct {
	Embeddings []struct {
		Values []float32 `json:"values"`
	} `json:"embeddings"`
	Usage *usage          `json:"usageMetadata"`
	Error json.RawMessage `json:"error"`
}

// Embed implements llm.Client. More inputs than the provider takes at once go
// one batch after the other.
func (c *Client) Embed(ctx context.Context, req llm.EmbedRequest) (llm.Embeddings, error) {
	if len(req.Inputs) == 0 {
		return llm.Embeddings{}, fault.New(fault.BadRequest, "There is nothing to embed.", nil).At("input")
	}
	out := llm.Embeddings{Model: req.Model}
	for from := 0; from < len(req.Inputs); from += maxBatch {
		batch := req.Inputs[from:min(from+maxBatch, len(req.Inputs))]
		if err := c.embed(ctx, req, batch, &out); err != nil {
			return llm.Embeddings{}, err
		}
	}
	return out, nil
}

// embed adds the vectors of one batch to out.
func (c *Client) embed(ctx context.Context, req llm.EmbedRequest, inputs []string, out *llm.Embeddings) error {
	requests := make([]embedRequest, 0, len(inputs))
	for i := range inputs {
		requests = append(requests, embedRequest{
			Model:   "models/" + strings.TrimPrefix(req.Model, "models/"),
			Content: content{Parts: []part{{Text: &inputs[i]}}}, Dim: req.Dim,
		})
	}
	body, err := json.Marshal(map[string]any{"requests": requests})
	if err != nil {
		return unencodable(err)
	}
	var got embedAnswer
	if err := c.exchange(ctx, endpoint.Call{Path: place(req.Model, "batchEmbedContents"), Body: body}, &got); err != nil {
		return err
	}
	if len(got.Error) > 0 && string(got.Error) != "null" {
		return providerError(0, got.Error)
	}
	if len(got.Embeddings) != len(inputs) {
		return endpoint.Malformed(fmt.Errorf("%d vectors for %d inputs", len(got.Embeddings), len(inputs)))
	}
	for _, one := range got.Embeddings {
		if out.Dim == 0 {
			out.Dim = len(one.Values)
		}
		if len(one.Values) == 0 || len(one.Values) != out.Dim {
			return endpoint.Malformed(errors.New("vectors are empty or differ in length"))
		}
		out.Vectors = append(out.Vectors, one.Values)
	}
	used := llm.Estimate(textBytes(inputs), 0)
	if got.Usage != nil {
		used = got.Usage.tokens()
	}
	out.Usage.Input += used.Input
	out.Usage.Estimated = out.Usage.Estimated || used.Estimated
	return nil
}

func textBytes(inputs []string) int {
	n := 0
	for _, text := range inputs {
		n += len(text)
	}
	return n
}
