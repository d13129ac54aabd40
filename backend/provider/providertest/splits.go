package providertest

import (
	"strings"
	"testing"

	"nexusai/backend/provider/scripted"
)

// splits: an answer is the same however its bytes come and its lines end.
func splits(t *testing.T, a Adapter) {
	for _, chat := range a.Chats {
		t.Run(chat.Name, func(t *testing.T) {
			t.Parallel()
			var scripts [][]scripted.Act
			for _, end := range []string{"\n", "\r\n", "\r"} {
				stream := strings.ReplaceAll(chat.Stream, "\n", end)
				scripts = append(scripts, a.play(stream), a.play(strings.Split(stream, "")...), a.play(bytesOf(stream)...))
				for _, at := range boundaries(stream) {
					scripts = append(scripts, a.play(stream[:at], stream[at:]))
				}
			}
			scripts = append(scripts, a.play("\ufeff"+chat.Stream), a.play(commented(chat.Stream)))
			c, _, _ := a.open(t, usual, scripts...)
			for i := range scripts {
				done, heard, err := hear(t, c, chat.Request)
				must(t, err)
				if same(t, done, a.want(chat)); t.Failed() {
					t.Fatalf("in script %d", i)
				}
				if !sameContent(done, heard) {
					t.Fatalf("script %d: heard %+v\nof %+v", i, heard, done)
				}
			}
		})
	}
}

// bytesOf cuts characters too.
func bytesOf(s string) []string {
	out := make([]string, len(s))
	for i := range out {
		out[i] = s[i : i+1]
	}
	return out
}

// boundaries are one place of each kind in every event: around each line end,
// behind a field's name, inside the data and inside characters.
func boundaries(stream string) []int {
	var at []int
	inData := false
	for i := 1; i < len(stream); i++ {
		before, here := stream[i-1], stream[i]
		switch {
		case before == '\n' || before == '\r' || here == '\n' || here == '\r':
			at, inData = append(at, i), false
		case before == ':' && !inData:
			at, inData = append(at, i, i+min(20, len(stream)-i)), true
		case here&0xc0 == 0x80:
			at = append(at, i)
		}
	}
	return at
}

// commented is a stream with comments and fields of the standard that nobody
// needs between and inside its events.
func commented(stream string) string {
	return ": hello\n\nretry: 3000\n\n" + strings.ReplaceAll(stream, "data:", ": keep-alive\nid: 7\ndata:")
}
