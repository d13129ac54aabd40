package messages_test

import (
	"context"
	"io"
	"testing"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/surface/messages"
)

type silent struct{ llm.Client }

type counts struct{ llm.Client }

func (counts) CountTokens(_ context.Context, req llm.ChatRequest) (int, error) {
	if req.Model != "real" {
		return 0, fault.New(fault.ModelUnknown, "", nil)
	}
	return 42, nil
}

func TestCountsWithTheProviderOrByTheStatedRule(t *testing.T) {
	t.Parallel()
	body := `{"model":"m","system":"12345678","messages":[{"role":"user","content":[{"type":"text","text":"1234567"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]}]}`
	r, err := messages.Count{}.Read([]byte(body))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	for client, want := range map[llm.Client]string{
		silent{}: `{"input_tokens":1012}`, // 15 bytes are 4 tokens, 2 messages 8, an image 1,000
		counts{}: `{"input_tokens":42}`,
	} {
		answer, err := r.(broker.Doer).Do(t.Context(), client, "real")
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		if got, _ := io.ReadAll(answer.Body); string(got) != want {
			t.Errorf("%T counts %s", client, got)
		}
	}
}
