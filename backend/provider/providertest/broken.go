package providertest

import (
	"fmt"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/scripted"
)

// broken streams are no success, and what came is not lost.
func broken(t *testing.T, a Adapter) {
	for _, chat := range a.Chats {
		t.Run(chat.Name, func(t *testing.T) {
			t.Parallel()
			all := events(chat.Stream)
			for n := range all { // n events come, the rest does not
				begun := strings.Join(all[:n], "")
				half := all[n][:len(all[n])/2]
				for name, script := range map[string][]scripted.Act{
					"is cut":               append(a.play(begun), scripted.Cut()),
					"ends":                 a.play(begun),
					"ends in an event":     a.play(begun + half),
					"is cut in an event":   append(a.play(begun+half), scripted.Cut()),
					"goes on with garbage": a.play(begun, "data: <html>502</html>\n\n", strings.Join(all[n:], "")),
				} {
					a.fails(t, fmt.Sprintf("%s after %d events", name, n), chat, script)
				}
			}
		})
	}
	first := events(a.Chats[0].Stream)
	t.Run("a huge event", func(t *testing.T) {
		t.Parallel()
		a.fails(t, "huge", a.Chats[0], a.play(first[0], "data: "+strings.Repeat("x", 9<<20)+"\n\n", strings.Join(first[1:], "")))
	})
	for event, code := range a.StreamErrors {
		for n := range len(first) - 1 {
			c, _, _ := a.open(t, usual, a.play(strings.Join(first[:n], ""), event, strings.Join(first[n:], "")))
			done, _, err := hear(t, c, a.Chats[0].Request)
			wantCode(t, err, code)
			a.begins(t, event, done, a.Chats[0])
		}
	}
}

func (a Adapter) fails(t *testing.T, name string, chat Chat, script []scripted.Act) {
	t.Helper()
	c, _, _ := a.open(t, usual, script)
	done, heard, err := hear(t, c, chat.Request)
	if fault.CodeOf(err) != fault.UpstreamFailed {
		t.Errorf("%s: %v and %+v", name, err, done)
	}
	if done.Text != heard.Text {
		t.Errorf("%s: heard %q of %q", name, heard.Text, done.Text)
	}
	a.begins(t, name, done, chat)
}

// begins says whether done can be the beginning of the chat's answer.
func (a Adapter) begins(t *testing.T, name string, done llm.Completion, chat Chat) {
	t.Helper()
	want := a.want(chat)
	if !strings.HasPrefix(want.Text, done.Text) || !strings.HasPrefix(want.Thought(), done.Thought()) || len(done.ToolCalls) > len(want.ToolCalls) {
		t.Errorf("%s: got %+v", name, done)
	}
	if done.RequestID != want.RequestID && (a.RequestID != "" || done.RequestID != "") { // else it is in the stream
		t.Errorf("%s: the request's id is %q", name, done.RequestID)
	}
}
