package openai

import (
	"context"
	"encoding/json"
	"net/http"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/endpoint"
)

// modelList is OpenAI's list, or Ollama's own of what is on its disk.
type modelList struct {
	Data   *[]sdk.Model `json:"data"`
	Models *[]struct {
		Name string `json:"name"`
	} `json:"models"`
	Error json.RawMessage `json:"error"`
}

// Models lists what the endpoint serves.
func (c *Client) Models(ctx context.Context) ([]llm.Model, error) {
	if c.dialect.Listless {
		return nil, fault.New(fault.BadRequest, "This provider does not say which models it has.", nil)
	}
	answer, _, err := c.lister.Exchange(ctx, endpoint.Call{Method: http.MethodGet, Path: c.dialect.ModelList})
	if err != nil {
		return nil, err
	}
	var list modelList
	if err := endpoint.Decode("the list of models", answer, &list); err != nil {
		return nil, err
	}
	models := []llm.Model{}
	switch {
	case list.Data != nil:
		for _, m := range *list.Data {
			models = append(models, llm.Model{ID: m.ID})
		}
	case list.Models != nil:
		for _, m := range *list.Models {
			models = append(models, llm.Model{ID: m.Name})
		}
	default: // an error in a 200, or another kind of server
		return nil, providerError(0, list.Error)
	}
	return models, nil
}
