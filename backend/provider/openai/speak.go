package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/audio"
	"nexusai/backend/provider/endpoint"
)

var _ llm.Speaker = (*Client)(nil)

// speechBody is go-openai's request with a speed that may be said.
type speechBody struct {
	sdk.CreateSpeechRequest
	Speed *float64 `json:"speed,omitempty"`
}

// maxErrorBody bounds how much of an error answer is read.
const maxErrorBody = 64 << 10

// Speak implements llm.Speaker. Sound that is not there within FirstToken, or
// that falls silent for BetweenTokens, is a fault.Timeout.
func (c *Client) Speak(ctx context.Context, req llm.SpeechRequest) (llm.Speech, error) {
	path := c.dialect.path(llm.OpenAISpeech, req.Model)
	if path == "" {
		return llm.Speech{}, endpoint.Refuses(llm.OpenAISpeech)
	}
	kind, err := audio.ContentType(req.Format)
	if err != nil {
		return llm.Speech{}, err
	}
	body, err := json.Marshal(speechBody{sdk.CreateSpeechRequest{
		Model: sdk.SpeechModel(req.Model), Input: req.Text, Voice: sdk.SpeechVoice(req.Voice), Instructions: req.Instructions,
		ResponseFormat: sdk.SpeechResponseFormat(req.Format),
	}, req.Speed})
	if err != nil {
		return llm.Speech{}, fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode a text: %w", err))
	}
	resp, err := c.endpoint.Forward(ctx, path, llm.Forward{
		Wire: llm.OpenAISpeech, Body: body, Stream: true, Header: http.Header{"Accept": {kind}},
	}, []string{"Accept"})
	if err != nil {
		return llm.Speech{}, err
	}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		said, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // half a message still says something
		return llm.Speech{}, Failure(resp.StatusCode, resp.Header, said, c.now())
	}
	if said := resp.Header.Get("Content-Type"); said != "" {
		kind = said
	}
	return llm.Speech{Sound: resp.Body, ContentType: kind, Usage: llm.Spoken(utf8.RuneCountInString(req.Text))}, nil
}
