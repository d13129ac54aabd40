package localdb_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/app/localdb"
	"nexusai/backend/disktest"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

func config(path string) localdb.Config {
	return localdb.Config{Path: path, Log: slog.New(slog.DiscardHandler)}
}

func open(t testing.TB, path string) *localdb.DB {
	t.Helper()
	db, err := localdb.Open(t.Context(), config(path))
	if err != nil {
		t.Fatalf("open: %v", fault.Cause(err))
	}
	t.Cleanup(func() { _ = db.Close() }) // a second close is harmless
	return db
}

func id() string { return uuid.Must(uuid.NewV7()).String() }

var epoch = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

func at(n int) string {
	return epoch.Add(time.Duration(n) * time.Minute).Format("2006-01-02T15:04:05.000Z")
}

// seed writes a conversation with count messages in a row, as replication
// would, and returns their ids.
func seed(t testing.TB, db *localdb.DB, n int, title string, count int) (conversation string, messages []string) {
	t.Helper()
	conversation = id()
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO conversation (id, scope, title, model, pinned, created_at, last_at, ver, field_ver, pending)
			VALUES (?, 'user:x', ?, 'm', 0, ?, ?, 1, '{}', 0)`, conversation, title, at(n), at(n))
		parent := any(nil)
		for i := range count {
			message := id()
			if err == nil {
				_, err = tx.Exec(`INSERT INTO message (id, scope, conversation_id, parent_id, role, text, model, finish, error_code,
					input_tokens, output_tokens, cost_nano_usd, created_at, ver, field_ver, pending)
					VALUES (?, 'user:x', ?, ?, 'user', ?, '', '', '', 0, 0, 0, ?, 1, '{}', 0)`,
					message, conversation, parent, fmt.Sprintf("words of message %d in %s", i, title), at(n))
			}
			parent = message
			messages = append(messages, message)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return conversation, messages
}

func TestOpenTwiceKeepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "nexus.db")
	db := open(t, path)
	device, err := db.DeviceID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SaveWindow(t.Context(), localdb.Window{Width: 900, Height: 700, Maximised: true}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, path)
	if got, err := again.DeviceID(t.Context()); err != nil || got != device {
		t.Errorf("device id %q, %v; want %q", got, err, device)
	}
	if w, err := again.Window(t.Context()); err != nil || !w.Maximised || w.Width != 900 {
		t.Errorf("window %+v, %v", w, err)
	}
	for name, want := range map[string]os.FileMode{filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("mode of %s: %v, %v", filepath.Base(name), info.Mode(), err)
		}
	}
}

func TestConnectionsAreSetUpForSafety(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "nexus.db"))
	for query, want := range map[string]string{
		"PRAGMA journal_mode": "wal", "PRAGMA synchronous": "2", "PRAGMA busy_timeout": "5000", "PRAGMA mmap_size": "0",
	} {
		var got string
		if err := db.Writer().QueryRow(query).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", query, got, err, want)
		}
	}
	if _, err := db.Reader().Exec(`DELETE FROM setting`); err == nil {
		t.Error("a reader can write")
	}
	var version string
	if err := db.Reader().QueryRow(`SELECT sqlite_version()`).Scan(&version); err != nil || version < "3.51.3" {
		t.Errorf("SQLite %s, %v: before 3.51.3 resetting the log could damage the file", version, err)
	}
}

func TestFullDiskKeepsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "nexus.db")
	small := config(path)
	small.MaxPages = 160
	db, err := localdb.Open(t.Context(), small)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	saved := 0
	for i := range 10_000 {
		err = db.SaveSetting(t.Context(), fmt.Sprintf("s%d", i), fmt.Sprintf("%0500d", i))
		if err != nil {
			break
		}
		saved++
	}
	if fault.CodeOf(err) != fault.DiskFull {
		t.Fatalf("the disk filled with %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, path)
	var kept int
	if err := again.Reader().QueryRow(`SELECT count(*) FROM setting WHERE name LIKE 's%'`).Scan(&kept); err != nil || kept != saved {
		t.Errorf("%d of %d acknowledged settings are there, %v", kept, saved, err)
	}
}

// TestAFullDiskIsSaidAndForgivesWhenThereIsRoom fills a real one under an open
// database: it goes on reading, and on writing as soon as it can.
func TestAFullDiskIsSaidAndForgivesWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	disk := disktest.Small(t, 16<<20)
	path := filepath.Join(disk, "data", "nexus.db")
	db := open(t, path)
	saved := 0
	save := func() error {
		err := db.SaveSetting(t.Context(), fmt.Sprintf("s%d", saved), fmt.Sprintf("%0500d", saved))
		if err == nil {
			saved++
		}
		return err
	}
	if err := save(); err != nil {
		t.Fatal(fault.Cause(err))
	}
	empty := disktest.Fill(t, disk, 0)
	for refused := 0; refused < 3; {
		if saved > 10_000 {
			t.Fatal("the disk takes everything")
		}
		if err := save(); err != nil {
			refused++
			if fault.CodeOf(err) != fault.DiskFull {
				t.Fatalf("a full disk is %v", fault.Cause(err))
			}
		}
	}
	kept := func(db *localdb.DB) {
		t.Helper()
		if n := count(t, db, `SELECT count(*) FROM setting WHERE name LIKE 's%'`); n != saved {
			t.Errorf("%d of %d acknowledged settings are there", n, saved)
		}
	}
	kept(db)
	empty()
	for range 50 {
		if err := save(); err != nil {
			t.Fatalf("with room again: %v", fault.Cause(err))
		}
	}
	kept(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	empty = disktest.Fill(t, disk, 0)
	if _, err := localdb.Open(t.Context(), config(path)); fault.CodeOf(err) != fault.DiskFull || !strings.Contains(fault.From(err).Hint, "start again") {
		t.Errorf("opened on a full disk: %v", fault.Cause(err))
	}
	empty()
	kept(open(t, path))
}

func TestConversationPages(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "nexus.db"))
	var want []string
	for i := range 25 {
		c, _ := seed(t, db, i, fmt.Sprintf("Plan %d", i), 1)
		want = append([]string{c}, want...)
	}
	pinned, trashed := want[20], want[3]
	for query, c := range map[string]string{`UPDATE conversation SET pinned = 1 WHERE id = ?`: pinned, `UPDATE conversation SET trashed_at = created_at WHERE id = ?`: trashed} {
		if _, err := db.Writer().Exec(query, c); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	cursor := ""
	for {
		page, err := db.Conversations(t.Context(), httpapi.ConversationQuery{Limit: 7, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			got = append(got, c.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if len(got) != 24 || got[0] != pinned || got[1] != want[0] {
		t.Errorf("pages hold %d conversations, first %v", len(got), got[:2])
	}
	trash, err := db.Conversations(t.Context(), httpapi.ConversationQuery{Trash: true})
	if err != nil || len(trash.Items) != 1 || trash.Items[0].ID != trashed || trash.Items[0].TrashedAt == nil {
		t.Errorf("trash %+v, %v", trash, err)
	}
	for _, bad := range []string{"x", "fHw", "!!!"} {
		if _, err := db.Conversations(t.Context(), httpapi.ConversationQuery{Cursor: bad}); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
}

func TestSearchTitles(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "nexus.db"))
	seed(t, db, 1, "Férias em São Tomé", 1)
	seed(t, db, 2, `Budget "Q3" 100%`, 1)
	renamed, _ := seed(t, db, 3, "Old words", 1)
	if n, err := db.IndexTitles(t.Context()); err != nil || n != 3 {
		t.Fatalf("indexed %d, %v", n, err)
	}
	if _, err := db.Writer().Exec(`UPDATE conversation SET title = 'New plan' WHERE id = ?`, renamed); err != nil {
		t.Fatal(err)
	}
	if n, err := db.IndexTitles(t.Context()); err != nil || n != 1 {
		t.Fatalf("indexed %d again, %v", n, err)
	}
	for search, want := range map[string]int{
		"ferias": 1, "tome sao": 1, "udge": 1, `"q3"`: 1, "100%": 1, "old": 0, "new plan": 1, "zz": 0, "em": 1, "%": 1, "NOT AND": 0, "\x00": 3,
	} {
		page, err := db.Conversations(t.Context(), httpapi.ConversationQuery{Search: search})
		if err != nil || len(page.Items) != want {
			t.Errorf("search %q finds %d, %v; want %d", search, len(page.Items), err, want)
		}
	}
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"plan", `"`, "a*", "NEAR(x y)", "col:abc", "%_\\", "ab\x00c", "\xff\xfe\xfd"} {
		f.Add(s)
	}
	db, err := localdb.Open(context.Background(), config(filepath.Join(f.TempDir(), "nexus.db")))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	f.Fuzz(func(t *testing.T, search string) {
		if _, err := db.Conversations(t.Context(), httpapi.ConversationQuery{Search: search}); err != nil {
			t.Errorf("search %q: %v", search, fault.Cause(err))
		}
	})
}
