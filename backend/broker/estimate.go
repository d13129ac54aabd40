package broker

import "nexusai/backend/llm"

// perToken is how many bytes a token has on average.
const perToken = 4

func tokens(bytes int) int { return (bytes + perToken - 1) / perToken }

// estimated is the usage of what the provider did not count: what went out,
// and received bytes that came in.
func (c *call) estimated(received int) llm.Usage {
	u := llm.Usage{Output: tokens(received), Estimated: true}
	switch c.need {
	case CanSpeak:
		return llm.Spoken(c.bound.Chars)
	case CanTranscribe:
		u = llm.Heard(c.bound.Millis)
		u.Output = tokens(received)
	case CanEmbed, CanRerank:
		u.Input, u.Output = c.bound.likely(), 0
	default:
		u.Input = c.bound.likely()
	}
	return u
}

// sane mends a report that cannot be true: no count is below zero, no part
// exceeds its whole, and what was seen to come was not for nothing.
func (c *call) sane(u llm.Usage, received int) llm.Usage {
	u.Input, u.Output = max(u.Input, 0), max(u.Output, 0)
	u.Cached = min(max(u.Cached, 0), u.Input)
	u.CacheWrite = min(max(u.CacheWrite, 0), u.Input-u.Cached)
	u.AudioIn, u.AudioOut = min(max(u.AudioIn, 0), u.Input), min(max(u.AudioOut, 0), u.Output)
	u.Reasoning = min(max(u.Reasoning, 0), u.Output)
	if c.need != CanChat || c.ask == CanCount {
		return u
	}
	guess := c.estimated(received)
	if u.Input == 0 {
		u.Input, u.Estimated = guess.Input, true
	}
	if u.Output == 0 && received > 0 {
		u.Output, u.Estimated = guess.Output, true
	}
	return u
}

// usageOf is the usage of an answer of which that was seen.
func (c *call) usageOf(s Seen) llm.Usage {
	if !s.HasUsage {
		return c.estimated(s.Bytes)
	}
	return c.counted(s.Usage, s.Bytes, s.Whole)
}

// counted is the usage that a provider reported of an answer. What it reports
// before the end is of a part: Anthropic begins with a single token.
func (c *call) counted(u llm.Usage, received int, whole bool) llm.Usage {
	u = c.sane(u, received)
	if guess := tokens(received); !whole && c.need == CanChat && c.ask != CanCount && guess > u.Output {
		u.Output, u.Estimated = guess, true
	}
	return u
}

// likely is how many tokens the input probably has.
func (b Bound) likely() int {
	if b.Likely > 0 {
		return b.Likely
	}
	return tokens(b.Input)
}

// boundOf is what a chat can use at most: no tokenizer makes more tokens than
// there are bytes.
func boundOf(req *llm.ChatRequest) Bound {
	b := Bound{MaxOutput: req.MaxTokens, Choices: max(req.Choices, 1), Tools: len(req.Tools) > 0, Schema: len(req.Schema) > 0 || req.JSON}
	text := len(req.Schema)
	for i := range req.Messages {
		m := &req.Messages[i]
		text += len(m.Text) + len(m.Name) + 16 // what a template puts around it
		b.Images += len(m.Images)
		for _, call := range m.ToolCalls {
			text += len(call.Name) + len(call.Arguments)
			b.Tools = true
		}
		for _, thought := range m.Reasoning {
			text += len(thought.Text) + len(thought.Sealed)
		}
	}
	for _, tool := range req.Tools {
		text += len(tool.Name) + len(tool.Description) + len(tool.Parameters)
	}
	b.Input, b.Likely = text+b.Images*PictureTokens, tokens(text)+b.Images*PictureTokens/4
	return b
}
