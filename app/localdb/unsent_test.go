package localdb_test

import (
	"database/sql"
	"path/filepath"
	"testing"
)

func TestNothingIsUnsentWhereThereIsNoServer(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "nexus.db"))
	c, m := seed(t, db, 1, "x", 3)
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO sync_outbox (op_id, lane, entity, id, state, size, op) VALUES (?, 'chat', 'message', ?, 'queued', 2, '{}')`, id(), m[2])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := db.Conversation(t.Context(), c); err != nil || got.Unsent != 0 {
		t.Errorf("without a server %d, %v", got.Unsent, err)
	}
	if err := db.SaveSetting(t.Context(), "server", map[string]string{"url": "https://nexus.example.com"}); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Conversation(t.Context(), c); err != nil || got.Unsent != 1 {
		t.Errorf("with a server %d, %v", got.Unsent, err)
	}
}
