package anthropic

import (
	"nexusai/backend/llm"
)

type thinking struct {
	Type         string `json:"type"`
	BudgetTokens int    `json:"budget_tokens,omitempty"`
	Display      string `json:"display,omitempty"`
}

// minBudget is the least that the wire accepts.
const minBudget = 1024

// budgets are what an effort means to a model that takes a number.
var budgets = map[llm.Effort]int{
	llm.EffortMinimal: minBudget, llm.EffortLow: 2048, llm.EffortMedium: 8192, llm.EffortHigh: 16384,
}

// efforts in the wire's words; it has none below low.
var efforts = map[llm.Effort]string{
	llm.EffortMinimal: "low", llm.EffortLow: "low", llm.EffortMedium: "medium", llm.EffortHigh: "high",
	"xhigh": "xhigh", "max": "max",
}

// think asks the model to think, in the form that its generation knows. A tool
// that must be called excludes thinking.
func (p *plan) think(req llm.ChatRequest, g generation) {
	if req.Effort == "" && req.ThinkTokens <= 0 {
		return
	}
	if req.Effort == llm.EffortNone {
		if g.adaptive() {
			p.body.Thinking = &thinking{Type: "disabled"}
		}
		return
	}
	forced := p.body.ToolChoice != nil && (p.body.ToolChoice.Type == "any" || p.body.ToolChoice.Type == "tool")
	switch {
	case forced:
		p.loseThinking(req)
	case g.budgeted() && (req.ThinkTokens > 0 || !g.adaptive()):
		p.budget(req, g)
	case g.adaptive():
		p.adapt(req, g)
	default:
		p.loseThinking(req)
	}
}

func (p *plan) loseThinking(req llm.ChatRequest) {
	if req.Effort != "" {
		p.lose("effort")
	}
	if req.ThinkTokens > 0 {
		p.lose("think_tokens")
	}
}

// budget sets a number of tokens, below the limit of the answer that it is part
// of. Without room for the least one the model does not think.
func (p *plan) budget(req llm.ChatRequest, g generation) {
	n := req.ThinkTokens
	if n <= 0 {
		n = budgets[req.Effort]
		if n == 0 {
			n = budgets[llm.EffortHigh]
		}
	}
	n = max(n, minBudget)
	if p.body.MaxTokens == 0 {
		p.body.MaxTokens = n + g.maxTokens()
	}
	if n = min(n, p.body.MaxTokens-1); n < minBudget {
		p.loseThinking(req)
		return
	}
	p.body.Thinking = &thinking{Type: "enabled", BudgetTokens: n}
}

// adapt sets an effort. From 4.7 on the thoughts are left out of the answer
// unless their summary is asked for.
func (p *plan) adapt(req llm.ChatRequest, g generation) {
	p.body.Thinking = &thinking{Type: "adaptive"}
	if g > 46 {
		p.body.Thinking.Display = "summarized"
	}
	if req.ThinkTokens > 0 {
		p.lose("think_tokens")
	}
	effort := efforts[req.Effort]
	if effort == "" {
		return
	}
	if p.body.OutputConfig == nil {
		p.body.OutputConfig = &outputConfig{}
	}
	p.body.OutputConfig.Effort = effort
}
