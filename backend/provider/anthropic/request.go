package anthropic

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// requestBody is POST /messages.
type requestBody struct {
	Model         string        `json:"model"`
	MaxTokens     int           `json:"max_tokens,omitempty"`
	System        []block       `json:"system,omitempty"`
	Messages      []turn        `json:"messages"`
	Tools         []tool        `json:"tools,omitempty"`
	ToolChoice    *toolChoice   `json:"tool_choice,omitempty"`
	Thinking      *thinking     `json:"thinking,omitempty"`
	OutputConfig  *outputConfig `json:"output_config,omitempty"`
	Temperature   *float64      `json:"temperature,omitempty"`
	TopP          *float64      `json:"top_p,omitempty"`
	TopK          int           `json:"top_k,omitempty"`
	StopSequences []string      `json:"stop_sequences,omitempty"`
	Metadata      *metadata     `json:"metadata,omitempty"`
	Stream        bool          `json:"stream,omitempty"`
}

// counted is what POST /messages/count_tokens takes of it.
func (b requestBody) counted() requestBody {
	b.MaxTokens, b.Temperature, b.TopP, b.TopK = 0, nil, nil, 0
	b.StopSequences, b.Metadata, b.Stream = nil, nil, false
	return b
}

type tool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	InputSchema json.RawMessage `json:"input_schema"`
	Strict      bool            `json:"strict,omitempty"`
}

type toolChoice struct {
	Type     string `json:"type"`
	Name     string `json:"name,omitempty"`
	Parallel *bool  `json:"disable_parallel_tool_use,omitempty"`
}

type metadata struct {
	UserID string `json:"user_id"`
}

type outputConfig struct {
	Effort string        `json:"effort,omitempty"`
	Format *outputFormat `json:"format,omitempty"`
}

type outputFormat struct {
	Type   string          `json:"type"`
	Schema json.RawMessage `json:"schema"`
}

// plan is a request as it will be sent, and what became of the rest.
type plan struct {
	body   requestBody
	losses []string
	// answerTool is the tool through which an answer in JSON comes from a model
	// that cannot follow a schema by itself; its arguments are the answer.
	answerTool string
}

func (p *plan) lose(field string) { p.losses = append(p.losses, field) }

func unencodable(err error) error {
	return fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode a message: %w", err))
}

// Losses implements llm.Lossy.
func (c *Client) Losses(req llm.ChatRequest) []string {
	p, err := encode(req)
	if err != nil {
		return nil // Chat says what is wrong
	}
	return p.losses
}

// encode says req in this wire.
func encode(req llm.ChatRequest) (*plan, error) {
	g := generationOf(req.Model)
	p := &plan{body: requestBody{Model: req.Model, StopSequences: req.Stop, Stream: true}}
	p.losses = append(p.losses, req.Unknown...)
	p.body.MaxTokens = req.MaxTokens
	if req.User != "" {
		p.body.Metadata = &metadata{UserID: req.User}
	}
	if err := p.messages(req.Messages); err != nil {
		return nil, err
	}
	p.tools(req, g)
	p.format(req, g)
	p.think(req, g)
	p.sample(req, g)
	p.without(req)
	if p.body.MaxTokens == 0 {
		p.body.MaxTokens = g.maxTokens()
	}
	return p, nil
}

// without names what the wire has no word for.
func (p *plan) without(req llm.ChatRequest) {
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"seed", req.Seed != nil}, {"n", req.Choices > 1},
		{"frequency_penalty", req.Frequency != nil && *req.Frequency != 0},
		{"presence_penalty", req.Presence != nil && *req.Presence != 0},
	} {
		if field.set {
			p.lose(field.name)
		}
	}
}

var anyObject = json.RawMessage(`{"type":"object"}`)

func (p *plan) tools(req llm.ChatRequest, g generation) {
	for i, t := range req.Tools {
		one := tool{Name: t.Name, Description: t.Description, InputSchema: t.Parameters, Strict: t.Strict && g.structured()}
		if len(one.InputSchema) == 0 {
			one.InputSchema = anyObject
		}
		if one.Strict {
			one.InputSchema = closed(one.InputSchema)
		} else if t.Strict {
			p.lose(fmt.Sprintf("tools.%d.strict", i))
		}
		p.body.Tools = append(p.body.Tools, one)
	}
	if len(req.Tools) == 0 {
		return
	}
	choice := toolChoice{Type: toolModes[req.ToolChoice.Mode]}
	if req.ToolChoice.Mode == llm.ToolNamed {
		choice.Name = req.ToolChoice.Name
	}
	if req.ToolChoice.OneAtATime && choice.Type != "none" {
		choice.Type = cmp.Or(choice.Type, "auto")
		choice.Parallel = &req.ToolChoice.OneAtATime
	}
	if choice.Type != "" {
		p.body.ToolChoice = &choice
	}
}

var toolModes = map[llm.ToolMode]string{
	llm.ToolsAuto: "auto", llm.ToolsNone: "none", llm.ToolsRequired: "any", llm.ToolNamed: "tool",
}

// format asks for JSON: by schema where the model follows one, else through a
// tool that it must call.
func (p *plan) format(req llm.ChatRequest, g generation) {
	schema := req.Schema
	switch {
	case len(schema) == 0 && !req.JSON:
		return
	case len(schema) > 0 && g.structured():
		p.body.OutputConfig = &outputConfig{Format: &outputFormat{Type: "json_schema", Schema: closed(schema)}}
		return
	case len(schema) == 0:
		schema = anyObject
	}
	if req.ToolChoice.Mode == llm.ToolNamed || !isObjectSchema(schema) {
		p.lose("schema")
		return
	}
	p.answerTool = toolName(req)
	choice := toolChoice{Type: "tool", Name: p.answerTool}
	if len(req.Tools) > 0 && req.ToolChoice.Mode != llm.ToolsNone {
		choice = toolChoice{Type: "any"} // one of the caller's, or the answer
		if p.body.ToolChoice != nil {
			choice.Parallel = p.body.ToolChoice.Parallel
		}
	}
	p.body.ToolChoice = &choice
	p.body.Tools = append(p.body.Tools, tool{
		Name: p.answerTool, Description: "Call this tool with the final answer.", InputSchema: schema,
	})
}

// toolName is one that no tool of the caller's has.
func toolName(req llm.ChatRequest) string {
	name := "final_answer"
	for i := 0; i < len(req.Tools); i++ {
		if req.Tools[i].Name == name {
			name, i = name+"_", -1
		}
	}
	return name
}

func isObjectSchema(schema json.RawMessage) bool {
	var s struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(schema, &s) == nil && s.Type == "object"
}

// sample sets temperature and its kin where the model has them. While it
// thinks on a budget, only top_p near 1 is allowed.
func (p *plan) sample(req llm.ChatRequest, g generation) {
	thinks := p.body.Thinking != nil && p.body.Thinking.Type != "disabled"
	if req.Temperature != nil {
		if warm := *req.Temperature; g.sampled() && !thinks {
			warm = min(warm, 1) // the wire's scale ends at 1
			p.body.Temperature = &warm
		}
		if p.body.Temperature == nil || *p.body.Temperature != *req.Temperature {
			p.loseUnless(*req.Temperature == 1, "temperature")
		}
	}
	if req.TopP != nil {
		if g.sampled() && (!thinks || *req.TopP >= 0.95) {
			p.body.TopP = req.TopP
		} else {
			p.loseUnless(*req.TopP == 1, "top_p")
		}
	}
	if req.TopK > 0 {
		if g.sampled() && !thinks {
			p.body.TopK = req.TopK
		} else {
			p.lose("top_k")
		}
	}
}

// loseUnless loses a field unless its value is what happens without it.
func (p *plan) loseUnless(usual bool, field string) {
	if !usual {
		p.lose(field)
	}
}

// trimEnd is for a partial answer to go on from: the wire refuses one that ends
// in space.
func trimEnd(text string) string { return strings.TrimRight(text, " \t\r\n") }
