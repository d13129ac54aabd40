package gemini

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// content is one turn of the wire.
type content struct {
	Role  string `json:"role,omitempty"`
	Parts []part `json:"parts"`
}

// part is one piece of a turn, going out.
type part struct {
	Text      *string   `json:"text,omitempty"`
	Inline    *inline   `json:"inlineData,omitempty"`
	Call      *called   `json:"functionCall,omitempty"`
	Response  *response `json:"functionResponse,omitempty"`
	Signature string    `json:"thoughtSignature,omitempty"`
}

type inline struct {
	MIME string `json:"mimeType"`
	Data string `json:"data"`
}

type called struct {
	ID   string          `json:"id,omitempty"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
}

type response struct {
	ID       string          `json:"id,omitempty"`
	Name     string          `json:"name"`
	Response json.RawMessage `json:"response"`
}

// unsigned is what the vendor lets stand in place of the signature of a call
// that another model made (ai.google.dev, thought signatures, 2026).
const unsigned = "skip_thought_signature_validator"

// messages places what was said. The wire has no system turns, and the results
// of tools answer calls by name.
func (p *plan) messages(all []llm.Message, g generation) error {
	names := map[string]string{} // of calls, by id
	for i, m := range all {
		if m.Name != "" {
			p.lose(fmt.Sprintf("messages.%d.name", i))
		}
		for _, call := range m.ToolCalls {
			names[call.ID] = call.Name
		}
		var err error
		switch m.Role {
		case llm.System:
			p.system(i, m)
		case llm.Assistant:
			err = p.assistant(i, m, g)
		case llm.Tool:
			err = p.result(i, m, names)
		default:
			err = p.user(i, m)
		}
		if err != nil {
			return err
		}
	}
	if p.body.Contents == nil {
		p.body.Contents = []content{} // the provider says that there must be one
	}
	return nil
}

func (p *plan) system(i int, m llm.Message) {
	if len(p.body.Contents) > 0 {
		p.lose(fmt.Sprintf("messages.%d.role", i)) // it stood elsewhere
	}
	if len(m.Images) > 0 {
		p.lose(fmt.Sprintf("messages.%d.image", i))
	}
	if m.Text == "" {
		return
	}
	if p.body.System == nil {
		p.body.System = &content{}
	}
	p.body.System.Parts = append(p.body.System.Parts, part{Text: &m.Text})
}

func (p *plan) say(role string, parts []part) {
	if len(parts) > 0 { // the wire refuses empty turns
		p.body.Contents = append(p.body.Contents, content{Role: role, Parts: parts})
	}
}

func (p *plan) user(i int, m llm.Message) error {
	parts, err := images(i, m.Images)
	if err != nil {
		return err
	}
	if m.Text != "" {
		parts = append(parts, part{Text: &m.Text})
	}
	p.say("user", parts)
	return nil
}

func (p *plan) assistant(i int, m llm.Message, g generation) error {
	parts, err := images(i, m.Images)
	if err != nil {
		return err
	}
	seal := p.seal(i, m)
	if m.Text != "" || seal != "" {
		parts = append(parts, part{Text: &m.Text, Signature: seal})
	}
	signed := false
	for n, call := range m.ToolCalls {
		one, err := p.call(i, n, call)
		if err != nil {
			return err
		}
		signed = signed || one.Signature != ""
		parts = append(parts, one)
	}
	if first := len(parts) - len(m.ToolCalls); len(m.ToolCalls) > 0 && !signed && g.levelled() {
		parts[first].Signature = unsigned
	}
	p.say("model", parts)
	return nil
}

// seal is the signature of a turn's thoughts, the last one of this wire. What
// others sealed is lost.
func (p *plan) seal(i int, m llm.Message) string {
	seal, lost := "", false
	for _, r := range m.Reasoning {
		if r.Wire == llm.GeminiGenerate {
			seal = cmp.Or(r.Sealed, seal)
			continue
		}
		lost = lost || r.Sealed != ""
	}
	if lost {
		p.lose(fmt.Sprintf("messages.%d.reasoning", i))
	}
	return seal
}

func (p *plan) call(i, n int, call llm.ToolCall) (part, error) {
	args := json.RawMessage(cmp.Or(strings.TrimSpace(call.Arguments), "{}"))
	if !json.Valid(args) || args[0] != '{' {
		return part{}, fault.New(fault.BadRequest, "The arguments of a tool call are not a JSON object.", nil).
			At(fmt.Sprintf("messages.%d.tool_calls.%d", i, n))
	}
	out := part{Call: &called{ID: call.ID, Name: call.Name, Args: args}}
	if call.Wire == llm.GeminiGenerate {
		out.Signature = call.Sealed
	} else if call.Sealed != "" {
		p.lose(fmt.Sprintf("messages.%d.tool_calls.%d.sealed", i, n))
	}
	return out, nil
}

// result answers a call. Results of one turn's calls stand together.
func (p *plan) result(i int, m llm.Message, names map[string]string) error {
	parts, err := images(i, m.Images)
	if err != nil {
		return err
	}
	name, known := names[m.ToolCallID]
	if !known {
		return fault.New(fault.BadRequest, "The result of a tool answers no call.", nil).At(fmt.Sprintf("messages.%d.tool_call_id", i))
	}
	said, err := outcome(m)
	if err != nil {
		return unencodable(err)
	}
	parts = append([]part{{Response: &response{ID: m.ToolCallID, Name: name, Response: said}}}, parts...)
	if n := len(p.body.Contents); n > 0 && p.body.Contents[n-1].Parts[0].Response != nil {
		last := &p.body.Contents[n-1]
		last.Parts = append(last.Parts, parts...)
		return nil
	}
	p.say("user", parts)
	return nil
}

// outcome is an object: the tool's own, or its words in one.
func outcome(m llm.Message) (json.RawMessage, error) {
	text := strings.TrimSpace(m.Text)
	switch {
	case m.ToolFailed:
		return json.Marshal(map[string]string{"error": m.Text})
	case strings.HasPrefix(text, "{") && json.Valid([]byte(text)):
		return json.RawMessage(text), nil
	}
	return json.Marshal(map[string]string{"output": m.Text})
}

func images(i int, all []llm.Image) ([]part, error) {
	var parts []part
	for n, image := range all {
		data := base64.StdEncoding.EncodeToString(image.Data)
		kind := image.MIME
		if rest, found := strings.CutPrefix(image.URL, "data:"); found && data == "" {
			var ok bool
			if kind, data, ok = strings.Cut(rest, ";base64,"); !ok {
				return nil, fault.New(fault.BadRequest, "The picture's data address cannot be read.", nil).At(fmt.Sprintf("messages.%d.image.%d", i, n))
			}
		}
		parts = append(parts, part{Inline: &inline{MIME: kind, Data: data}})
	}
	return parts, nil
}
