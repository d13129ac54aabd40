package team

import (
	"bufio"
	"io"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// FuzzReadRun: what is heard of a run does not depend on how its stream was cut.
func FuzzReadRun(f *testing.F) {
	f.Add("data: {\"run\":{\"seq\":1,\"delta\":\"a\",\"state\":\"running\"}}\n\n: ping\n\ndata: {\"run\":{\"seq\":2,\"state\":\"done\"}}\n\n")
	f.Add("data:\r\ndata: {}\r\ndata: [1]\n")
	read := func(r io.Reader) (events []httpapi.RunEvent, code fault.Code) {
		lines := bufio.NewScanner(r)
		lines.Buffer(make([]byte, 0, 16), 4096)
		err := readRun(lines, func() {}, func(e httpapi.RunEvent) error { events = append(events, e); return nil })
		return events, fault.CodeOf(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole, code := read(strings.NewReader(text))
		cut, codeCut := read(iotest.OneByteReader(strings.NewReader(text)))
		if !reflect.DeepEqual(whole, cut) || code != codeCut || code == fault.Internal {
			t.Errorf("whole %+v %s, cut %+v %s", whole, code, cut, codeCut)
		}
	})
}

// FuzzParseServer: what is taken can be dialled, is encrypted unless it is near,
// and stays what it is.
func FuzzParseServer(f *testing.F) {
	for _, s := range []string{"https://ai.example.com/", "http://127.0.0.1:8080", "http://box.local/x/", "http://example.com", "https://a:b@c", "https://[::1]:1//", "http://10.0.0.1%2f.example.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseServer(text)
		if err != nil {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Host == "" || u.Scheme == "http" && strings.Contains(u.Hostname(), ".com") {
			t.Fatalf("%q becomes %q: %v", text, got, err)
		}
		if again, err := parseServer(got); err != nil || again != got {
			t.Errorf("%q becomes %q, and that %q: %v", text, got, again, err)
		}
	})
}
