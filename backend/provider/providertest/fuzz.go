package providertest

import (
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// Fuzz feeds any bytes to an adapter as the stream of an answer: it must not
// panic, must not depend on how the bytes were cut, must report only what can
// be, and must not call a stream whole that ends before its last event does.
// Seeds are the adapter's own transcripts, whole and bent.
func Fuzz(f *testing.F, a Adapter) {
	f.Helper()
	for _, chat := range a.Chats {
		f.Add([]byte(chat.Stream), []byte{3, 0, 9, 200})
		f.Add([]byte(strings.ReplaceAll(chat.Stream, "\n", "\r\n")), []byte{16, 16, 16})
		f.Add([]byte(commented(chat.Stream)), []byte{1, 2})
		f.Add([]byte(chat.Stream[:len(chat.Stream)*2/3]), []byte{1})
		f.Add([]byte(strings.ReplaceAll(chat.Stream, `"index":0`, `"index":-1`)), []byte{5})
		f.Add([]byte(strings.ReplaceAll(chat.Stream, ":1", ":1e999")), []byte{5})
	}
	for event := range a.StreamErrors {
		f.Add([]byte(event), []byte{7})
	}
	f.Fuzz(func(t *testing.T, in, how []byte) {
		want, wantErr := a.replay(t, [][]byte{in})
		got, err := a.replay(t, cut(in, how))
		if fault.CodeOf(err) != fault.CodeOf(wantErr) || !reflect.DeepEqual(got, want) {
			t.Errorf("cut: %+v %v\nwhole: %+v %v", got, err, want, wantErr)
		}
		u := want.Usage
		if u.Input < 0 || u.Output < 0 || u.Cached < 0 || u.Cached+u.CacheWrite > u.Input || u.Reasoning < 0 || u.Reasoning > u.Output {
			t.Errorf("impossible usage %+v", u)
		}
		if wantErr == nil && want.Finish == "" {
			t.Errorf("whole without a reason: %+v", want)
		}
	})
}

// replay answers a chat with pieces, each of which is a read.
func (a Adapter) replay(t *testing.T, pieces [][]byte) (llm.Completion, error) {
	t.Helper()
	c := a.Open(t, Place{
		BaseURL: "http://provider.example/v1", Key: Key, Deadlines: usual, Log: slog.New(slog.DiscardHandler),
		HTTP: &http.Client{Transport: recorded(pieces)},
	})
	done, heard, err := hear(t, c, a.Chats[0].Request)
	if !sameContent(done, heard) && err == nil {
		t.Errorf("heard %+v\nof    %+v", heard, done)
	}
	return done, err
}

// recorded is a provider that always answers with the same pieces.
type recorded [][]byte

func (r recorded) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}},
		Body: io.NopCloser(&pieces{left: r}),
	}, nil
}

// pieces gives one piece a read.
type pieces struct{ left [][]byte }

func (p *pieces) Read(buf []byte) (int, error) {
	for len(p.left) > 0 && len(p.left[0]) == 0 {
		p.left = p.left[1:]
	}
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(buf, p.left[0])
	p.left = append([][]byte{p.left[0][n:]}, p.left[1:]...)
	return n, nil
}

// cut splits in at places taken from how.
func cut(in, how []byte) (out [][]byte) {
	for _, b := range how {
		n := min(int(b)%17, len(in))
		out = append(out, in[:n])
		in = in[n:]
	}
	return append(out, in)
}
