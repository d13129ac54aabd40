// Package embeddings is the surface of OpenAI's embeddings.
package embeddings

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/openai"
	"nexusai/backend/provider/splice"
	"nexusai/backend/surface/object"
	"nexusai/backend/surface/single"
)

// maxInputs is OpenAI's.
const maxInputs = 2048

// Surface implements broker.Surface.
type Surface struct{ single.Surface }

var (
	_ broker.Surface = Surface{}
	_ broker.Doer    = (*request)(nil)
)

// Wire implements broker.Surface.
func (Surface) Wire() llm.Wire { return llm.OpenAIEmbeddings }

// Inspect implements broker.Surface.
func (Surface) Inspect(body []byte) (broker.Seen, *fault.Fault) {
	seen, f := openai.Inspect(body)
	return broker.Seen{Model: seen.Model, Usage: seen.Usage, HasUsage: seen.HasUsage, Bytes: seen.Bytes, Done: true, Whole: seen.Whole, Failure: seen.Failure}, f
}

type request struct {
	single.Request
	body    []byte
	members object.Object
	packed  bool // vectors are wanted in base64
	dim     int
	user    string
	texts   []string // nil: the input is tokens
}

// Read implements broker.Surface.
func (Surface) Read(body []byte) (broker.Request, error) {
	members, err := object.Parse(body, "model", "input", "encoding_format", "dimensions")
	if err != nil {
		return nil, err
	}
	r := &request{body: body, members: members}
	encoding := "float"
	for _, f := range []struct {
		key  string
		into any
	}{
		{"model", &r.Name},
		{"encoding_format", &encoding},
		{"dimensions", &r.dim},
		{"user", &r.user},
	} {
		if raw := members.Raw(f.key); raw != nil {
			if err := splice.Field(raw, f.key, f.into); err != nil {
				return nil, err
			}
		}
	}
	r.packed = encoding == "base64"
	switch {
	case r.Name == "":
		return nil, fault.New(fault.BadRequest, "You must provide a model parameter.", nil).At("model")
	case encoding != "float" && encoding != "base64":
		return nil, fault.New(fault.BadRequest, "encoding_format is float or base64.", nil).At("encoding_format")
	case r.dim < 0:
		return nil, fault.New(fault.BadRequest, "dimensions cannot be negative.", nil).At("dimensions")
	}
	if !r.input(members.Raw("input")) {
		return nil, fault.New(fault.BadRequest, "input is a text or a list of texts (or tokens), none of them empty.", nil).At("input")
	}
	r.Most = broker.Bound{Input: len(body), Choices: 1}
	return r, nil
}

// input accepts "a", ["a", "b"], [1, 2] and [[1, 2], [3]].
func (r *request) input(raw []byte) bool {
	if raw == nil {
		return false
	}
	if raw[0] == '"' {
		var one string
		err := json.Unmarshal(raw, &one)
		r.texts = []string{one}
		return err == nil && one != ""
	}
	tokens, n := false, 0
	whole := splice.Each(raw, func(i int, item []byte) bool {
		n = i + 1
		if item[0] != '"' {
			tokens = true
			return len(r.texts) == 0 && goodTokens(item)
		}
		var text string
		err := json.Unmarshal(item, &text)
		r.texts = append(r.texts, text)
		return err == nil && text != "" && !tokens && n <= maxInputs
	})
	if tokens {
		r.texts = nil
	}
	return whole && n > 0
}

func goodTokens(raw []byte) bool {
	var token int64
	if raw[0] != '[' {
		return raw[0] != 'n' && json.Unmarshal(raw, &token) == nil
	}
	var tokens []int64
	return json.Unmarshal(raw, &tokens) == nil && len(tokens) > 0
}

// Rewrite implements broker.Request.
func (r *request) Rewrite(model string, _ int) []byte {
	return splice.Apply(r.body, []splice.Edit{r.members.Put("model", object.Quote(model))})
}

type answer struct {
	Object string   `json:"object"`
	Data   []vector `json:"data"`
	Model  string   `json:"model"`
	Usage  usage    `json:"usage"`
}

type vector struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"` // numbers, or base64
}

type usage struct {
	Prompt int `json:"prompt_tokens"`
	Total  int `json:"total_tokens"`
}

// Do implements broker.Doer.
func (r *request) Do(ctx context.Context, client llm.Client, model string) (broker.Answer, error) {
	if r.texts == nil {
		return broker.Answer{}, fault.New(fault.BadRequest, "This model takes texts, not tokens.", nil).At("input")
	}
	got, err := client.Embed(ctx, llm.EmbedRequest{Model: model, Inputs: r.texts, Dim: r.dim, User: r.user})
	if err != nil {
		return broker.Answer{}, err
	}
	out := answer{Object: "list", Model: r.Name, Usage: usage{got.Usage.Input, got.Usage.Input}}
	for i, v := range got.Vectors {
		one := vector{"embedding", i, v}
		if r.packed {
			one.Embedding = Pack(v)
		}
		out.Data = append(out.Data, one)
	}
	body, err := json.Marshal(out)
	if err != nil {
		return broker.Answer{}, fault.New(fault.UpstreamFailed, "The model's provider failed.", fmt.Errorf("encode vectors: %w", err))
	}
	return broker.Answer{ContentType: "application/json", Body: io.NopCloser(bytes.NewReader(body)), Usage: got.Usage}, nil
}

// Pack is a vector in base64, each number as 32 bits, the lowest byte first.
func Pack(v []float32) string {
	raw := make([]byte, 0, 4*len(v))
	for _, n := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(n))
	}
	return base64.StdEncoding.EncodeToString(raw)
}
