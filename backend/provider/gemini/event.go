package gemini

import (
	"encoding/json"

	"nexusai/backend/llm"
)

// chunk is one piece of a stream, or a whole answer.
type chunk struct {
	Candidates []candidate     `json:"candidates"`
	Feedback   *feedback       `json:"promptFeedback"`
	Usage      *usage          `json:"usageMetadata"`
	Model      string          `json:"modelVersion"`
	ID         string          `json:"responseId"`
	Error      json.RawMessage `json:"error"`
}

type feedback struct {
	BlockReason string `json:"blockReason"`
}

type candidate struct {
	Index   int `json:"index"`
	Content struct {
		Parts []answerPart `json:"parts"`
	} `json:"content"`
	FinishReason string `json:"finishReason"`
}

// answerPart is one piece of an answer, coming in.
type answerPart struct {
	Text      string `json:"text"`
	Thought   bool   `json:"thought"`
	Signature string `json:"thoughtSignature"`
	Call      *struct {
		ID   string          `json:"id"`
		Name string          `json:"name"`
		Args json.RawMessage `json:"args"`
	} `json:"functionCall"`
}

type usage struct {
	Prompt   int        `json:"promptTokenCount"`
	Cached   int        `json:"cachedContentTokenCount"`
	Answer   int        `json:"candidatesTokenCount"`
	Thoughts int        `json:"thoughtsTokenCount"`
	ToolUse  int        `json:"toolUsePromptTokenCount"`
	PromptOf []modality `json:"promptTokensDetails"`
	AnswerOf []modality `json:"candidatesTokensDetails"`
}

type modality struct {
	Modality string `json:"modality"`
	Tokens   int    `json:"tokenCount"`
}

// maxCount keeps nonsense from overflowing a sum.
const maxCount = 1 << 40

func count(n int) int { return min(max(n, 0), maxCount) }

func (u *usage) tokens() llm.Usage {
	out := llm.Usage{Input: count(u.Prompt) + count(u.ToolUse), Output: count(u.Answer) + count(u.Thoughts), Reasoning: count(u.Thoughts)}
	out.Cached = min(count(u.Cached), out.Input)
	out.AudioIn = min(audio(u.PromptOf), out.Input)
	out.AudioOut = min(audio(u.AnswerOf), out.Output)
	return out
}

func audio(of []modality) int {
	n := 0
	for _, m := range of {
		if m.Modality == "AUDIO" {
			n += count(m.Tokens)
		}
	}
	return min(n, maxCount)
}

// refusing are the reasons for which the provider's policy ends an answer.
var refusing = map[string]bool{
	"SAFETY": true, "RECITATION": true, "BLOCKLIST": true, "PROHIBITED_CONTENT": true, "SPII": true, "LANGUAGE": true,
	"IMAGE_SAFETY": true, "IMAGE_PROHIBITED_CONTENT": true, "IMAGE_RECITATION": true, "MODEL_ARMOR": true,
}

// failing are the reasons that say the model did not manage: another try may.
var failing = map[string]bool{
	"MALFORMED_FUNCTION_CALL": true, "UNEXPECTED_TOOL_CALL": true, "TOO_MANY_TOOL_CALLS": true,
	"MALFORMED_RESPONSE": true, "MISSING_THOUGHT_SIGNATURE": true,
}

// finishOf translates a reason that is not failing; an unknown one counts as a
// plain stop, because the provider did say that it is done.
func finishOf(reason string, tools int) llm.Finish {
	switch {
	case refusing[reason]:
		return llm.FinishRefusal
	case reason == "MAX_TOKENS":
		return llm.FinishLength
	case tools > 0:
		return llm.FinishTools
	}
	return llm.FinishStop
}
