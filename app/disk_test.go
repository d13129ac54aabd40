package app_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"nexusai/backend/disktest"
	"nexusai/backend/httpapi"
)

// TestAFullDiskIsSaidAndLosesNothing fills the disk under the running
// application: what cannot be kept is refused, what was kept is shown, and with
// room again it goes on, over a crash too.
func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := newTeamServer(t)
	close(s.pace)
	disk := disktest.Small(t, 32<<20)
	d := newDeviceIn(t, s, disk)
	until(t, "signed in", func() bool { return d.status().Server.State == "connected" })
	c := newID()
	draft := func(text string) (int, []byte) {
		t.Helper()
		return d.ask("PUT", "/api/conversations/"+c+"/draft", httpapi.DraftText{Text: text})
	}
	kept := "before"
	if status, text := draft(kept); status/100 != 2 {
		t.Fatalf("%d %s", status, text)
	}
	empty := disktest.Fill(t, disk, 0)
	full := 0
	for n := 0; full < 3; n++ {
		text := fmt.Sprintf("%d %s", n, strings.Repeat("words ", 500))
		switch status, answer := draft(text); {
		case status/100 == 2: // the page that is begun has room
			kept = text
		case status == http.StatusInsufficientStorage && strings.Contains(string(answer), "disk.full"):
			full++
		default:
			t.Fatalf("a draft on a full disk: %d %s", status, answer)
		}
		if n > 2000 {
			t.Fatal("the disk takes everything")
		}
	}
	if got := d.thread(c).Draft; got != kept {
		t.Errorf("the draft is %.20q, acknowledged was %.20q", got, kept)
	}
	lost := ask(c, "", "Not to be lost in silence")
	if status, answer := d.ask("POST", "/api/chat", lost); status != http.StatusInsufficientStorage {
		t.Errorf("a message on a full disk: %d %s", status, answer)
	}
	empty()
	if run := call[httpapi.Run](d, "POST", "/api/chat", lost); run.ID == "" {
		t.Errorf("the same message with room again: %+v", run)
	}
	until(t, "it is answered", func() bool { return len(d.thread(c).Messages) == 2 })
	d.crash()
	if m := d.thread(c).Messages; len(m) != 2 || m[0].Text != lost.Text {
		t.Errorf("after kill -9: %+v", m)
	}
	if left, _ := filepath.Glob(filepath.Join(disk, "*.damaged-*")); len(left) > 0 {
		t.Errorf("a full disk damaged %v", left)
	}
}
