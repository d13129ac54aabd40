package openai

import (
	"encoding/base64"
	"strings"

	sdk "github.com/sashabaranov/go-openai"

	"nexusai/backend/llm"
)

// turn is a message that we send. It always says "content": go-openai omits an empty one, which some
// providers refuse.
type turn struct {
	Role       string         `json:"role"`
	Content    any            `json:"content"` // a string or parts
	Name       string         `json:"name,omitempty"`
	Thought    *string        `json:"reasoning_content,omitempty"`
	ToolCalls  []sdk.ToolCall `json:"tool_calls,omitempty"`
	ToolCallID string         `json:"tool_call_id,omitempty"`
	Prefix     bool           `json:"prefix,omitempty"`
}

// encodeMessages encodes the turns. Pictures that tools returned come after all
// answers to one turn's calls, in a turn of the user: the wire has no other place.
func (d Dialect) encodeMessages(req llm.ChatRequest) []turn {
	out := make([]turn, 0, len(req.Messages)+1)
	var pictures []llm.Image
	for i, m := range req.Messages {
		if m.Role != llm.Tool {
			out, pictures = shown(out, pictures), nil
		}
		one := d.encodeMessage(m)
		if m.Role == llm.Tool {
			pictures = append(pictures, m.Images...)
		}
		one.Prefix = d.Prefill == PrefillMember && i == len(req.Messages)-1 && opens(m)
		out = append(out, one)
	}
	return shown(out, pictures)
}

// opens says that the model goes on from m, if it is the last turn.
func opens(m llm.Message) bool { return m.Role == llm.Assistant && len(m.ToolCalls) == 0 }

func shown(out []turn, pictures []llm.Image) []turn {
	if len(pictures) == 0 {
		return out
	}
	return append(out, turn{
		Role: string(llm.User), Content: encodeParts("The pictures that the tools returned:", pictures),
	})
}

func (d Dialect) encodeMessage(m llm.Message) turn {
	out := turn{Role: string(m.Role), Content: m.Text, ToolCallID: m.ToolCallID}
	if d.Takes.has(TakesNames) {
		out.Name = m.Name
	}
	if m.Role == llm.Tool && m.ToolFailed {
		out.Content = failed(m.Text)
	}
	if m.Role != llm.Tool && len(m.Images) > 0 {
		out.Content = encodeParts(m.Text, m.Images)
	}
	for _, call := range m.ToolCalls {
		out.ToolCalls = append(out.ToolCalls, sdk.ToolCall{
			ID: call.ID, Type: sdk.ToolTypeFunction,
			Function: sdk.FunctionCall{Name: call.Name, Arguments: call.Arguments},
		})
	}
	out.Thought = d.thought(m)
	return out
}

// failed marks a tool's failure, for which the wire has words alone.
func failed(text string) string {
	if strings.HasPrefix(strings.ToLower(text), "error") {
		return text
	}
	return "Error: " + text
}

// thought is what goes back of an assistant's reasoning; nil: nothing does.
func (d Dialect) thought(m llm.Message) *string {
	if m.Role != llm.Assistant {
		return nil
	}
	all := ""
	for _, r := range m.Reasoning {
		all += r.Text
	}
	switch {
	case d.Thoughts == ThoughtsOfCalls && len(m.ToolCalls) > 0, d.Thoughts == ThoughtsTemplate && all != "":
		return &all
	}
	return nil
}

func encodeParts(text string, images []llm.Image) []sdk.ChatMessagePart {
	var parts []sdk.ChatMessagePart
	if text != "" {
		parts = append(parts, sdk.ChatMessagePart{Type: sdk.ChatMessagePartTypeText, Text: text})
	}
	for _, image := range images {
		url := image.URL
		if len(image.Data) > 0 {
			url = "data:" + image.MIME + ";base64," + base64.StdEncoding.EncodeToString(image.Data)
		}
		parts = append(parts, sdk.ChatMessagePart{
			Type: sdk.ChatMessagePartTypeImageURL, ImageURL: &sdk.ChatMessageImageURL{URL: url},
		})
	}
	return parts
}
