package gemini

import (
	"encoding/json"
	"fmt"
	"math"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// requestBody is POST /models/{model}:generateContent.
type requestBody struct {
	System   *content    `json:"systemInstruction,omitempty"`
	Contents []content   `json:"contents"`
	Tools    []toolbox   `json:"tools,omitempty"`
	ToolUse  *toolConfig `json:"toolConfig,omitempty"`
	Config   config      `json:"generationConfig"`
}

type toolbox struct {
	Functions []function `json:"functionDeclarations"`
}

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parametersJsonSchema,omitempty"`
}

type toolConfig struct {
	Calling calling `json:"functionCallingConfig"`
}

type calling struct {
	Mode    string   `json:"mode"`
	Allowed []string `json:"allowedFunctionNames,omitempty"`
}

type config struct {
	MaxOutputTokens  int             `json:"maxOutputTokens,omitempty"`
	Temperature      *float64        `json:"temperature,omitempty"`
	TopP             *float64        `json:"topP,omitempty"`
	TopK             int             `json:"topK,omitempty"`
	StopSequences    []string        `json:"stopSequences,omitempty"`
	Seed             *int64          `json:"seed,omitempty"`
	PresencePenalty  *float64        `json:"presencePenalty,omitempty"`
	FrequencyPenalty *float64        `json:"frequencyPenalty,omitempty"`
	ResponseMIME     string          `json:"responseMimeType,omitempty"`
	ResponseSchema   json.RawMessage `json:"responseJsonSchema,omitempty"`
	Thinking         *thinking       `json:"thinkingConfig,omitempty"`
}

// plan is a request as it will be sent, and what became of the rest.
type plan struct {
	body   requestBody
	losses []string
}

func (p *plan) lose(field string) { p.losses = append(p.losses, field) }

func unencodable(err error) error {
	return fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode contents: %w", err))
}

// Losses implements llm.Lossy.
func (c *Client) Losses(req llm.ChatRequest) []string {
	p, err := encode(req)
	if err != nil {
		return nil // Chat says what is wrong
	}
	return p.losses
}

// encode says req in this wire; all its pictures are in bytes, or will be.
func encode(req llm.ChatRequest) (*plan, error) {
	g := generationOf(req.Model)
	p := &plan{body: requestBody{Config: config{
		MaxOutputTokens: req.MaxTokens, Temperature: req.Temperature, TopP: req.TopP, TopK: req.TopK,
		StopSequences: req.Stop, PresencePenalty: req.Presence, FrequencyPenalty: req.Frequency,
	}}}
	p.losses = append(p.losses, req.Unknown...)
	if err := p.messages(req.Messages, g); err != nil {
		return nil, err
	}
	p.tools(req)
	p.format(req, g)
	p.think(req, g)
	p.without(req)
	return p, nil
}

// without names what the wire has no word for.
func (p *plan) without(req llm.ChatRequest) {
	if req.Seed != nil {
		if *req.Seed >= math.MinInt32 && *req.Seed <= math.MaxInt32 {
			p.body.Config.Seed = req.Seed
		} else {
			p.lose("seed")
		}
	}
	if req.Choices > 1 {
		p.lose("n")
	}
	if req.User != "" {
		p.lose("user")
	}
}

func (p *plan) tools(req llm.ChatRequest) {
	if len(req.Tools) == 0 {
		return
	}
	box, strict := toolbox{}, false
	for _, t := range req.Tools {
		box.Functions = append(box.Functions, function{Name: t.Name, Description: t.Description, Parameters: t.Parameters})
		strict = strict || t.Strict
	}
	p.body.Tools = []toolbox{box}
	if req.ToolChoice.OneAtATime {
		p.lose("parallel_tool_calls")
	}
	use := calling{}
	switch req.ToolChoice.Mode {
	case llm.ToolsNone:
		use.Mode = "NONE"
	case llm.ToolsRequired:
		use.Mode = "ANY"
	case llm.ToolNamed:
		use.Mode, use.Allowed = "ANY", []string{req.ToolChoice.Name}
	default:
		if !strict {
			return // AUTO, as it is without a word
		}
		use.Mode = "VALIDATED" // as AUTO, and arguments keep to the schema, as they do in ANY
	}
	p.body.ToolUse = &toolConfig{Calling: use}
}

// format asks for JSON. Models before 3 do that only without tools.
func (p *plan) format(req llm.ChatRequest, g generation) {
	if len(req.Schema) == 0 && !req.JSON {
		return
	}
	if len(req.Tools) > 0 && !g.levelled() {
		p.lose("schema")
		return
	}
	p.body.Config.ResponseMIME, p.body.Config.ResponseSchema = "application/json", req.Schema
}

type thinking struct {
	Budget  *int   `json:"thinkingBudget,omitempty"`
	Level   string `json:"thinkingLevel,omitempty"`
	Include bool   `json:"includeThoughts,omitempty"`
}

// budgets are what an effort means to a model that takes a number.
var budgets = map[llm.Effort]int{
	llm.EffortNone: 0, llm.EffortMinimal: 512, llm.EffortLow: 1024, llm.EffortMedium: 8192, llm.EffortHigh: 24576,
}

// levels of models that take one; none of them can be told not to think.
var levels = map[llm.Effort]string{
	llm.EffortNone: "low", llm.EffortMinimal: "low", llm.EffortLow: "low", llm.EffortMedium: "medium", llm.EffortHigh: "high",
}

// think asks the model to think, in the form that its generation knows, and to
// tell a summary of it.
func (p *plan) think(req llm.ChatRequest, g generation) {
	if req.Effort == "" && req.ThinkTokens <= 0 {
		return
	}
	budget, known := budgets[req.Effort]
	if !known {
		budget = budgets[llm.EffortHigh] // more than high, in the words of others
	}
	switch {
	case !g.thinks():
		p.loseThinking(req)
		return
	case req.ThinkTokens > 0:
		p.body.Config.Thinking = &thinking{Budget: &req.ThinkTokens, Include: true}
	case g.levelled():
		level := levels[req.Effort]
		if level == "" {
			level = "high"
		}
		if req.Effort == llm.EffortNone {
			p.lose("effort")
		}
		p.body.Config.Thinking = &thinking{Level: level, Include: req.Effort != llm.EffortNone}
	default:
		p.body.Config.Thinking = &thinking{Budget: &budget, Include: budget > 0}
	}
}

func (p *plan) loseThinking(req llm.ChatRequest) {
	if req.Effort != "" && req.Effort != llm.EffortNone {
		p.lose("effort")
	}
	if req.ThinkTokens > 0 {
		p.lose("think_tokens")
	}
}
