package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"nexusai/backend/httpapi"
)

// TestDamagedDatabaseIsRescuedAndCompletedFromTheServer overwrites pages of a
// synced database: what can be read stays, the rest comes back by sync, and
// what is written afterwards reaches the server.
func TestDamagedDatabaseIsRescuedAndCompletedFromTheServer(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(content []byte) []byte{
		"cut":          func(b []byte) []byte { return b[:len(b)/2] },
		"overwritten":  func(b []byte) []byte { clear(b[len(b)/3 : len(b)/3*2]); return b },
		"no beginning": func(b []byte) []byte { copy(b, "not a database at all"); return b },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTeamServer(t)
			close(s.pace)
			d := newDevice(t, s)
			until(t, "signed in", func() bool { return d.status().Server.State == "connected" })
			var threads []string
			for range 6 {
				q := ask(newID(), "", "What comes after zero?")
				threads = append(threads, q.ConversationID)
				call[httpapi.Run](d, "POST", "/api/chat", q)
			}
			whole := func() bool {
				return !slices.ContainsFunc(threads, func(c string) bool {
					list := call[httpapi.ConversationPage](d, "GET", "/api/conversations", nil)
					known := slices.ContainsFunc(list.Items, func(i httpapi.Conversation) bool { return i.ID == c })
					return !known || len(d.thread(c).Messages) != 2
				})
			}
			until(t, "all are answered", whole)
			until(t, "all is on the server", func() bool { return d.status().Unsaved == 0 })
			d.end(syscall.SIGTERM)

			path := filepath.Join(d.data, "nexus.db")
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(content), 0o600); err != nil {
				t.Fatal(err)
			}
			d.start()
			notices := d.status().Notices
			if !slices.ContainsFunc(notices, func(n httpapi.Notice) bool { return n.Code == "localdb.salvaged" }) {
				t.Errorf("notices %+v", notices)
			}
			if kept, _ := filepath.Glob(path + ".damaged-*Z"); len(kept) != 1 {
				t.Errorf("kept aside: %v", kept)
			}
			until(t, "everything came back", whole)
			q := ask(newID(), "", "And now?")
			threads = append(threads, q.ConversationID)
			call[httpapi.Run](d, "POST", "/api/chat", q)
			until(t, "new words are answered", whole)
			until(t, "and are on the server", func() bool { return d.status().Unsaved == 0 })
		})
	}
}
