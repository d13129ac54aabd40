package content

import (
	"slices"
	"unicode/utf8"

	"nexusai/backend/broker"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
)

const (
	// maxSide bounds what is kept of a call's prompt, and of its answers, in bytes
	// of text.
	maxSide = 256 << 10
	// perTurn is what a turn or a call of a tool counts beside its text, so that
	// a million empty ones are bounded, too.
	perTurn = 64
)

// promptOf is the conversation that a surface's request sends. One that cannot be
// translated was sent nevertheless: it is kept as it is written.
func promptOf(request broker.Request, body []byte, into *httpapi.CallContents) {
	chat, err := request.Chat()
	if err != nil {
		text, cut := shorten(string(body), maxSide)
		into.Prompt, into.PromptCut = []httpapi.ContentMessage{{Role: "request", Text: text, Cut: cut}}, cut
		return
	}
	turnsOf(chat.Messages, into)
}

// turnsOf keeps the newest turns: what was asked is the last of them.
func turnsOf(all []llm.Message, into *httpapi.CallContents) {
	left := maxSide
	into.Prompt = []httpapi.ContentMessage{}
	for _, m := range slices.Backward(all) {
		if left -= perTurn; left <= 0 {
			into.PromptCut = true
			break
		}
		turn := turnOf(m, &left)
		into.Prompt = append(into.Prompt, turn)
		into.PromptCut = into.PromptCut || turn.Cut
	}
	slices.Reverse(into.Prompt)
}

// turnOf takes what it keeps from left.
func turnOf(m llm.Message, left *int) httpapi.ContentMessage {
	out := httpapi.ContentMessage{Role: string(m.Role), Pictures: len(m.Images)}
	take := func(text string) string {
		kept, cut := shorten(text, *left)
		*left -= len(kept)
		out.Cut = out.Cut || cut
		return kept
	}
	out.Text = take(m.Text)
	for _, r := range m.Reasoning {
		out.Reasoning += take(r.Text)
	}
	for _, c := range m.ToolCalls {
		if *left -= perTurn; *left <= 0 {
			out.Cut = true
			break
		}
		out.Calls = append(out.Calls, httpapi.ContentCall{Name: take(c.Name), Arguments: take(c.Arguments)})
	}
	return out
}

// shorten cuts text to most bytes, between two characters.
func shorten(text string, most int) (kept string, cut bool) {
	if most = max(most, 0); len(text) <= most {
		return text, false
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most], true
}
