package messages

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/picture"
)

// Count is the surface of count_tokens. Where the provider counts, its count is
// the answer; otherwise it is an estimate: a token for each four bytes of text
// as the model reads it, rounded up, four tokens for each message and
// picture.UsualTokens for each image.
type Count struct{ Surface }

var (
	_ broker.Surface = Count{}
	_ broker.Doer    = (*counting)(nil)
)

// Wire implements broker.Surface.
func (Count) Wire() llm.Wire { return llm.AnthropicCount }

// Read implements broker.Surface.
func (Count) Read(body []byte) (broker.Request, error) {
	r, err := read(body)
	if err != nil {
		return nil, err
	}
	return &counting{r}, nil
}

type counting struct{ *request }

// Stream implements broker.Request: a count is never a stream.
func (*counting) Stream() bool { return false }

// Rewrite implements broker.Request: a count takes no limit.
func (c *counting) Rewrite(model string, _ int) []byte { return c.request.Rewrite(model, 0) }

// Do implements broker.Doer.
func (c *counting) Do(ctx context.Context, client llm.Client, model string) (broker.Answer, error) {
	req, err := c.Chat()
	if err != nil {
		return broker.Answer{}, err
	}
	req.Model = model
	n := estimate(req)
	if counter, ok := client.(llm.Counter); ok {
		if n, err = counter.CountTokens(ctx, req); err != nil {
			return broker.Answer{}, err
		}
	}
	body, err := json.Marshal(map[string]int{"input_tokens": n})
	if err != nil {
		return broker.Answer{}, fault.From(fmt.Errorf("encode a count: %w", err))
	}
	return broker.Answer{ContentType: "application/json", Body: io.NopCloser(bytes.NewReader(body))}, nil
}

// perMessage is what a chat template adds to each message.
const perMessage = 4

func estimate(req llm.ChatRequest) int {
	text, tokens := len(req.Schema), 0
	for _, m := range req.Messages {
		tokens += perMessage + len(m.Images)*picture.UsualTokens
		text += len(m.Text)
		for _, r := range m.Reasoning {
			text += len(r.Text)
		}
		for _, c := range m.ToolCalls {
			text += len(c.Name) + len(c.Arguments)
		}
	}
	for _, t := range req.Tools {
		text += len(t.Name) + len(t.Description) + len(t.Parameters)
	}
	return tokens + (text+3)/4
}
