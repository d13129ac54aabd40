package content

import (
	"strings"

	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
)

const (
	maxAnswers = 128 // to one request
	maxCalls   = 256 // of tools, in one answer
)

// answers puts together what came, up to a bound. Not for concurrent use.
type answers struct {
	list []*answer
	left int
	cut  bool
}

// answer is one of them on its way.
type answer struct {
	text, reasoning strings.Builder
	calls           []*toolCall
}

type toolCall struct{ name, arguments strings.Builder }

func newAnswers() *answers { return &answers{left: maxSide} }

// add takes the next piece.
func (a *answers) add(d llm.Delta) {
	if a.cut || d.Size() == 0 {
		return
	}
	if d.Choice < 0 || d.Choice >= maxAnswers {
		a.cut = true
		return
	}
	for len(a.list) <= d.Choice {
		a.list = append(a.list, &answer{})
	}
	one := a.list[d.Choice]
	a.write(&one.reasoning, d.Reasoning)
	a.write(&one.text, d.Text)
	for _, c := range d.ToolCalls {
		a.call(one, c)
	}
}

func (a *answers) call(one *answer, d llm.ToolCallDelta) {
	if d.Index < 0 || d.Index >= maxCalls {
		a.cut = true
		return
	}
	for len(one.calls) <= d.Index {
		one.calls = append(one.calls, &toolCall{})
	}
	c := one.calls[d.Index]
	a.write(&c.name, d.Name)
	a.write(&c.arguments, d.Arguments)
}

func (a *answers) write(into *strings.Builder, text string) {
	kept, cut := shorten(text, a.left)
	a.left -= len(kept)
	a.cut = a.cut || cut
	into.WriteString(kept)
}

// tell is what came so far.
func (a *answers) tell(into *httpapi.CallContents) {
	into.Answers, into.AnswerCut = []httpapi.ContentMessage{}, a.cut
	for _, one := range a.list {
		m := httpapi.ContentMessage{Role: string(llm.Assistant), Text: one.text.String(), Reasoning: one.reasoning.String()}
		for _, c := range one.calls {
			if c.name.Len()+c.arguments.Len() > 0 {
				m.Calls = append(m.Calls, httpapi.ContentCall{Name: c.name.String(), Arguments: c.arguments.String()})
			}
		}
		into.Answers = append(into.Answers, m)
	}
}
