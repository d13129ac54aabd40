package openai

import (
	"encoding/json"
	"reflect"
	"testing"
)

const usual = `{"id":"c1","object":"chat.completion.chunk","created":1700000000,"model":"up","system_fingerprint":null,"choices":[{"index":0,"delta":{"role":"assistant","content":"a\n\u00e9"},"logprobs":null,"finish_reason":null}],"usage":null}`

const whole = `{"id":"c1","object":"chat.completion","created":1700000000,"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"hello","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default"}`

func TestQuickTakesTheUsualChunk(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		usual,
		`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"id":"c1"}`,
		` { "choices" : [ { "delta" : { "content" : "é" } } ] } `,
		`{"id":"c1","choices":[]}`,
		whole,
	} {
		var got, want chunk
		if q := (&quick{data: []byte(data), id: "c1"}); !q.chunk(&got) {
			t.Errorf("%s was left to encoding/json", data)
		}
		if err := json.Unmarshal([]byte(data), &want); err != nil || !alike(got, want) {
			t.Errorf("%s is %+v, want %+v: %v", data, got, want, err)
		}
	}
}

// alike: that a list of choices is empty or absent makes no difference to anybody.
func alike(a, b chunk) bool {
	if len(a.Choices)+len(b.Choices) == 0 {
		a.Choices, b.Choices = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// FuzzQuick: what quick takes, encoding/json takes too and reads alike.
func FuzzQuick(f *testing.F) {
	for _, seed := range []string{
		usual, whole, `{"usage":{"prompt_tokens":1},"usage":null}`, `{"usage":{"prompt_tokens_details":{},"prompt_tokens_details":null}}`, `{"id":null,"choices":[{"index":12,"delta":{"reasoning_content":"x","content":null},"finish_reason":"length"}]}`,
		`{"choices":[{"delta":{"content":"\ud800"}}]}`, `{"id":"a","id":null}`, `{"choices":[{"index":01}]}`, `{"created":1.5}`, `{"CHOICES":[]}`, `{"choices":[{}],"choices":[]}`, `{"id":"\`, `{} x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := chunk{Choices: []choice{{Index: 9, FinishReason: "old", Delta: message{Content: content{text: "old"}}}}}
		if !(&quick{data: data, id: "c1", mod: "up"}).chunk(&got) {
			return
		}
		var want chunk
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("%q was taken: %v", data, err)
		}
		if !alike(got, want) {
			t.Errorf("%q is %+v, want %+v", data, got, want)
		}
	})
}
