package feed_test

import (
	"bufio"
	"net/http/httptest"
	"strings"
	"testing"

	"nexusai/app/feed"
	"nexusai/backend/httpapi"
)

func TestSlowPageIsCutOffAndOthersGoOn(t *testing.T) {
	t.Parallel()
	f := feed.New()
	slow, quick := f.Subscribe(), f.Subscribe()
	got := 0
	for range 2000 {
		f.Hint("status", "")
		if _, open := <-quick.Events(); open {
			got++
		}
	}
	kept := 0
	for range slow.Events() {
		kept++
	}
	if got != 2000 || kept == 0 || kept >= 2000 {
		t.Errorf("quick page got %d, slow page kept %d", got, kept)
	}
	slow.Close() // twice is fine
	quick.Close()
}

func TestStreamWritesEventsWithResumeIDs(t *testing.T) {
	t.Parallel()
	f := feed.New()
	srv := httptest.NewServer(f)
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || lines.Text() != ":" { // attached from here on
		t.Fatalf("first line %q", lines.Text())
	}
	f.Run(httpapi.RunEvent{RunID: "r1", Seq: 7, Text: "a\nb", State: httpapi.RunRunning})
	var text strings.Builder
	for lines.Scan() {
		text.WriteString(lines.Text() + "|")
		if strings.HasPrefix(lines.Text(), "data:") {
			break
		}
	}
	if got := text.String(); !strings.Contains(got, "id: r1:7|data: {") || !strings.Contains(got, `"text":"a\nb"`) {
		t.Errorf("stream %q", got)
	}
}
