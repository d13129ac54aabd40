package localdb_test

import (
	"path/filepath"
	"testing"
)

func TestNothingIsUnsentWhereThereIsNoServer(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "nexus.db"))
	c, m := seed(t, db, 1, "x", 3)
	if err := unsynced(t, db, c, m[2]); err != nil {
		t.Fatal(err)
	}
	before, err := db.Conversation(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SaveSetting(t.Context(), "server", map[string]string{"url": "https://nexus.example.com"}); err != nil {
		t.Fatal(err)
	}
	after, err := db.Conversation(t.Context(), c)
	if err != nil || after.Unsent <= before.Unsent {
		t.Errorf("with a server %d, without %d, %v", after.Unsent, before.Unsent, err)
	}
}
