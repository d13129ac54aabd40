package localdb_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nexusai/app/localdb"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/sync/wire"
)

// filled makes a closed database with 12 conversations of 40 messages, a
// draft, a queued run and an unsynced message, and returns its bytes.
func filled(t testing.TB, dir string) (path string, content []byte) {
	t.Helper()
	path = filepath.Join(dir, "nexus.db")
	db, err := localdb.Open(t.Context(), config(path))
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	for i := range 12 {
		c, messages := seed(t, db, i, strings.Repeat("A title of a conversation ", 12), 40)
		err = db.Update(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT INTO draft (id, scope, text, updated_at, ver, field_ver, pending) VALUES (?, 'user:x', 'unsent words', ?, 1, '{}', 0)`, c, at(i))
			return err
		})
		if err == nil && i == 0 {
			err = unsynced(t, db, c, messages[39])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err = os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, content
}

// unsynced makes a message that only its outbox entry still holds, and a run
// for another.
func unsynced(t testing.TB, db *localdb.DB, conversation, message string) error {
	t.Helper()
	if _, err := db.AddRun(t.Context(), wish(conversation, message)); err != nil {
		return err
	}
	op, err := wire.NewCreate("message", id(), map[string]any{"conversation_id": conversation, "role": "user", "text": "only here", "created_at": at(99)})
	if err != nil {
		return err
	}
	op.OpID, op.Scope, op.Lane = id(), "user:x", "chat"
	text, err := json.Marshal(op)
	if err != nil {
		return err
	}
	return db.Update(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO sync_state (one, client_id, scope, cursor, epoch, sum, hlc) VALUES (1, ?, 'user:x', 500, 1, 'abc', 7)`, id()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO sync_outbox (op_id, lane, entity, id, mid, state, size, op) VALUES (?, 'chat', 'message', ?, 4, 'queued', ?, ?)`, op.OpID, op.ID, len(text), string(text))
		return err
	})
}

func count(t *testing.T, db *localdb.DB, query string) int {
	t.Helper()
	var n int
	if err := db.Reader().QueryRow(query).Scan(&n); err != nil {
		t.Errorf("%s: %v", query, err)
	}
	return n
}

func salvaged(t *testing.T, db *localdb.DB) httpapi.Notice {
	t.Helper()
	notices, err := db.Notices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(notices, func(n httpapi.Notice) bool { return n.Code == "localdb.salvaged" })
	if i < 0 {
		t.Fatalf("no notice tells of the rescue: %+v", notices)
	}
	return notices[i]
}

func TestRescue(t *testing.T) {
	t.Parallel()
	_, good := filled(t, t.TempDir())
	for _, tt := range []struct {
		name        string
		damage      func(content []byte) []byte
		messages    int // at least
		unreadable  bool
		draftsWhole bool
	}{
		{"header overwritten", func(b []byte) []byte { copy(b, strings.Repeat("x", 100)); return b }, 481, false, true},
		{"first page overwritten", func(b []byte) []byte { copy(b, strings.Repeat("x", 4096)); return b }, 481, false, true},
		{"cut in the middle", func(b []byte) []byte { return b[:len(b)/2] }, 100, true, false},
		{"pages overwritten", func(b []byte) []byte { clear(b[len(b)/2 : len(b)/2+3*4096]); return b }, 300, true, false},
		{"last byte missing", func(b []byte) []byte { return b[:len(b)-1] }, 400, false, false},
		{"cut to nothing", func([]byte) []byte { return nil }, 0, false, false},
		{"another kind of file", func([]byte) []byte { return []byte("<html>not a database</html>") }, 0, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "nexus.db")
			broken := tt.damage(slices.Clone(good))
			for name, content := range map[string][]byte{path: broken, path + ".seal": []byte(`{"size":1}`)} {
				if err := os.WriteFile(name, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			db := open(t, path)
			note := salvaged(t, db)
			if got := count(t, db, `SELECT count(*) FROM message`); got < tt.messages {
				t.Errorf("%d messages were rescued, want at least %d", got, tt.messages)
			}
			if tt.unreadable != (len(note.Items) > 0) && tt.messages > 0 && tt.name != "last byte missing" {
				t.Errorf("unreadable things: %v", note.Items)
			}
			if tt.draftsWhole && (count(t, db, `SELECT count(*) FROM draft`) != 12 || count(t, db, `SELECT count(*) FROM run`) != 1) {
				t.Error("drafts or the queue are not whole")
			}
			aside, err := filepath.Glob(path + ".damaged-*Z")
			if err != nil || len(aside) != 1 {
				t.Fatalf("kept aside: %v, %v", aside, err)
			}
			if kept, err := os.ReadFile(aside[0]); err != nil || !slices.Equal(kept, broken) {
				t.Errorf("the damaged file was changed, %v", err)
			}
			if left, _ := filepath.Glob(path + ".res*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestRescueResetsSyncAndKeepsUnsyncedWords(t *testing.T) {
	t.Parallel()
	path, content := filled(t, t.TempDir())
	copy(content, "garbage")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db := open(t, path)
	if n := count(t, db, `SELECT count(*) FROM sync_state WHERE cursor = 0 AND sum = ''`); n != 1 {
		t.Error("the cursor was not reset")
	}
	if n := count(t, db, `SELECT count(*) FROM sync_outbox WHERE mid = 0 AND state = 'queued'`); n != 1 {
		t.Error("the unsynced operation is not queued again")
	}
	if n := count(t, db, `SELECT count(*) FROM message WHERE text = 'only here' AND pending = 1`); n != 1 {
		t.Error("the row was not made again from its operation")
	}
}

func TestRescueSurvivesItsOwnCrash(t *testing.T) {
	t.Parallel()
	path, content := filled(t, t.TempDir())
	// As after a crash between "complete" and "in place".
	if err := os.Rename(path, path+".rescued"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content[:5000], 0o600); err != nil {
		t.Fatal(err)
	}
	db := open(t, path)
	if n := count(t, db, `SELECT count(*) FROM conversation`); n != 12 {
		t.Errorf("%d conversations", n)
	}
}

// FuzzOpen damages one stretch of the file: Open must come back with a
// database that works, never with a panic, a hang or silence about a loss.
func FuzzOpen(f *testing.F) {
	_, good := filled(f, f.TempDir())
	f.Add(uint32(0), uint16(16), byte(0), false)
	f.Add(uint32(20_000), uint16(9_000), byte(0xff), false)
	f.Add(uint32(len(good)/2), uint16(0), byte(0), true)
	f.Add(uint32(100), uint16(8), byte(0x0d), false)
	f.Fuzz(func(t *testing.T, from uint32, length uint16, with byte, cut bool) {
		content := slices.Clone(good)
		start := int(from) % len(content)
		if cut {
			content = content[:start]
		} else {
			for i := start; i < min(start+int(length), len(content)); i++ {
				content[i] = with
			}
		}
		path := filepath.Join(t.TempDir(), "nexus.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".seal", []byte(`{"size":1}`), 0o600); err != nil {
			t.Fatal(err)
		}
		db := open(t, path)
		messages := count(t, db, `SELECT count(*) FROM message`)
		notices, err := db.Notices(t.Context())
		if err != nil || (messages < 480 && len(notices) == 0) {
			t.Errorf("%d messages and no notice, %v", messages, err)
		}
	})
}
