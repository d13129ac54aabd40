package openai

import (
	"encoding/json"
	"fmt"
	"strings"

	"nexusai/backend/llm"
)

// Small models never call tools in the form of the wire, not even when they
// must. Asked for JSON that follows a schema, whose only choices are a call of
// one of the tools or an answer, they choose well. forced makes such a request
// of one with tools, and unwraps what comes back; the caller sees the wire's own
// tool calls and text.

// The members of what a forced model writes: a call, or an answer.
const (
	forcedTool   = "tool"
	forcedInput  = "arguments"
	forcedAnswer = "answer"
)

// forced is req in words and a schema, without tools.
func forced(req llm.ChatRequest) (llm.ChatRequest, error) {
	schema, err := forcedSchema(req)
	if err != nil {
		return req, err
	}
	out := req
	out.Tools, out.ToolChoice, out.JSON = nil, llm.ToolChoice{}, false
	out.Schema, out.SchemaName = schema, "reply"
	out.Messages = append([]llm.Message{{Role: llm.System, Text: offer(req)}}, retold(req.Messages)...)
	return joinSystem(out), nil
}

// joinSystem makes one system message of the first ones: many chat templates
// take one alone.
func joinSystem(req llm.ChatRequest) llm.ChatRequest {
	n := 0
	var all []string
	for n < len(req.Messages) && req.Messages[n].Role == llm.System {
		all = append(all, req.Messages[n].Text)
		n++
	}
	first := llm.Message{Role: llm.System, Text: strings.Join(all, "\n\n")}
	req.Messages = append([]llm.Message{first}, req.Messages[n:]...)
	return req
}

// object is a JSON Schema of an object with these members, in this order, all
// of them required. A map would lose the order, which the grammar keeps: a model
// must say which tool before it says with what.
func object(members ...string) json.RawMessage {
	var properties, names []string
	for i := 0; i+1 < len(members); i += 2 {
		name := quote(members[i])
		properties = append(properties, name+":"+members[i+1])
		names = append(names, name)
	}
	return json.RawMessage(`{"type":"object","properties":{` + strings.Join(properties, ",") + `},"required":[` + strings.Join(names, ",") + `],"additionalProperties":false}`)
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // a string always encodes
		panic(err)
	}
	return string(quoted)
}

func forcedSchema(req llm.ChatRequest) (json.RawMessage, error) {
	var choices []json.RawMessage
	for _, tool := range req.Tools {
		if req.ToolChoice.Mode == llm.ToolNamed && tool.Name != req.ToolChoice.Name {
			continue
		}
		parameters := tool.Parameters
		if len(parameters) == 0 {
			parameters = json.RawMessage(`{"type":"object"}`)
		}
		if !json.Valid(parameters) {
			return nil, fmt.Errorf("the parameters of tool %q are no JSON", tool.Name)
		}
		choices = append(choices, object(forcedTool, `{"const":`+quote(tool.Name)+`}`, forcedInput, string(parameters)))
	}
	if len(choices) == 0 {
		return nil, fmt.Errorf("there is no tool %q", req.ToolChoice.Name)
	}
	if mode := req.ToolChoice.Mode; mode != llm.ToolsRequired && mode != llm.ToolNamed {
		answer := `{"type":"string"}`
		if len(req.Schema) > 0 {
			answer = string(req.Schema)
		}
		choices = append(choices, object(forcedAnswer, answer))
	}
	return json.Marshal(map[string]any{"oneOf": choices})
}

// offer tells the model in words what it may do.
func offer(req llm.ChatRequest) string {
	var out strings.Builder
	out.WriteString("You can use these tools:\n")
	for _, tool := range req.Tools {
		fmt.Fprintf(&out, "- %s: %s Arguments: %s\n", tool.Name, tool.Description, orObject(tool.Parameters))
	}
	out.WriteString("\nReply with one JSON object. To use a tool: {\"tool\": name, \"arguments\": {…}}.")
	switch req.ToolChoice.Mode {
	case llm.ToolsRequired:
		out.WriteString(" You must use a tool.")
	case llm.ToolNamed:
		out.WriteString(" You must use the tool " + req.ToolChoice.Name + ".")
	default:
		out.WriteString(" When no tool helps, or their results suffice: {\"answer\": your answer}.")
	}
	return out.String()
}

func orObject(parameters json.RawMessage) string {
	if len(parameters) == 0 {
		return "{}"
	}
	return string(parameters)
}

// retold are the turns with their calls and results in the words of forced
// replies, so that the model sees what it is to write.
func retold(messages []llm.Message) []llm.Message {
	names := map[string]string{}
	out := make([]llm.Message, 0, len(messages))
	for _, m := range messages {
		switch {
		case m.Role == llm.Assistant && len(m.ToolCalls) > 0:
			if m.Text != "" {
				out = append(out, answered(m))
			}
			for _, call := range m.ToolCalls {
				names[call.ID] = call.Name
				out = append(out, llm.Message{Role: llm.Assistant, Text: `{"tool":` + quote(call.Name) + `,"arguments":` + arguments(call.Arguments) + `}`})
			}
		case m.Role == llm.Tool:
			what := "Result of the tool "
			if m.ToolFailed {
				what = "Failure of the tool "
			}
			out = append(out, llm.Message{Role: llm.User, Text: what + names[m.ToolCallID] + ":\n" + m.Text, Images: m.Images})
		case m.Role == llm.Assistant:
			out = append(out, answered(m))
		default:
			out = append(out, m)
		}
	}
	return out
}

func answered(m llm.Message) llm.Message {
	return llm.Message{Role: llm.Assistant, Text: `{"answer":` + quote(m.Text) + `}`, Reasoning: m.Reasoning}
}

func arguments(text string) string {
	if json.Valid([]byte(text)) {
		return text
	}
	return quote(text)
}
