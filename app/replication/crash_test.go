package replication_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nexusai/app/localdb"
	"nexusai/app/replication"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

const childDB = "NEXUS_TEST_REPLICATION_DB"

// TestMain is also the child that gets killed: with childDB set it writes for
// ever and prints what was acknowledged.
func TestMain(m *testing.M) {
	if path := os.Getenv(childDB); path != "" {
		if err := writeForever(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func writeForever(path string) error {
	ctx := context.Background()
	db, err := localdb.Open(ctx, localdb.Config{Path: path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	r, err := replication.New(replication.Config{Writer: db.Writer(), Reader: db.Reader(), Server: nowhere{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	conv, err := wire.NewCreate(entity.Conversations, newID(), map[string]any{"title": "kill me"})
	if err != nil {
		return err
	}
	if err := r.Write(ctx, conv); err != nil {
		return err
	}
	for {
		msg, err := wire.NewCreate(entity.Messages, newID(), map[string]any{"conversation_id": conv.ID, "role": "user", "text": "kept"})
		if err != nil {
			return err
		}
		if err := r.Write(ctx, msg); err != nil {
			return err
		}
		fmt.Println(msg.ID)
	}
}

// nowhere is a Transport without a network.
type nowhere struct{ replication.Transport }

// TestAcknowledgedWritesSurviveKillNine kills a real process in the middle of
// writing, again and again on one database.
func TestAcknowledgedWritesSurviveKillNine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "local.db")
	acked := map[string]bool{}
	for round := range 6 {
		killAfter(t, path, 5+13*round, acked)
		requireAll(t, path, acked)
	}
	t.Logf("%d acknowledged writes over 6 kills", len(acked))
}

// killAfter reads n acknowledgements and kills the process; what it managed to
// print before it died counts too.
func killAfter(t *testing.T, path string, n int, acked map[string]bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDB+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); seen++ {
		acked[lines.Text()] = true
		if seen == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child was not killed: %v", err)
	}
}

func requireAll(t *testing.T, path string, acked map[string]bool) {
	t.Helper()
	db := openDB(t, path)
	defer db.Close()
	for id := range acked {
		if count(t, db.Reader(), `SELECT count(*) FROM sync_outbox WHERE id = ?`, id) != 1 ||
			count(t, db.Reader(), `SELECT count(*) FROM message WHERE id = ? AND pending = 1`, id) != 1 {
			t.Fatalf("the acknowledged message %s is gone", id)
		}
	}
	if n := count(t, db.Reader(), `SELECT count(*) FROM message m WHERE NOT EXISTS (SELECT 1 FROM sync_outbox o WHERE o.id = m.id)`); n > 0 {
		t.Fatalf("%d messages without their outbox entry", n)
	}
}
