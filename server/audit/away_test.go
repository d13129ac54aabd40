package audit_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/server/audit"
	"nexusai/server/blob"
	"nexusai/server/blob/blobtest"
	"nexusai/server/store/storetest"
)

// cutOff removes what came after the third entry, as if nothing had.
const cutOff = `with d as (delete from audit_entry where tenant_id = $1 and seq > 3)
	update audit_head set seq = 3, hash = (select hash from audit_entry where tenant_id = $1 and seq = 3) where tenant_id = $1`

// sentAway is the same world with a copy of its heads in a real S3 server.
func sentAway(t *testing.T, w world, now func() time.Time) (world, *blobtest.Server) {
	t.Helper()
	server := blobtest.StartS3(t)
	away, err := blob.NewS3(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	w.trail, err = audit.New(audit.Config{DB: w.db, Dir: w.dir, Away: away, Log: slog.New(slog.DiscardHandler), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return w, server
}

func export(t *testing.T, e *audit.Exporter) {
	t.Helper()
	if _, err := e.Export(t.Context()); err != nil {
		t.Fatal(fault.Cause(err))
	}
}

func TestACutIsSeenWithoutTheFile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 23, 59, 0, 0, time.UTC)
	w, _ := sentAway(t, newWorld(t), func() time.Time { return now })
	cut, whole := storetest.Tenant(t, w.db), storetest.Tenant(t, w.db)
	w.append(t, cut, 4)
	w.append(t, whole, 2)
	e := audit.NewExporter(w.trail)
	export(t, e)
	now = now.Add(2 * time.Minute) // the next day's object
	w.append(t, cut, 1)
	export(t, e)
	w.forge(t, cutOff, cut)
	if err := os.Remove(filepath.Join(w.dir, "audit", "heads.jsonl")); err != nil {
		t.Fatal(err)
	}
	if v := w.verify(t, cut); v.OK || v.BadSeq != 4 || !strings.Contains(v.Why, "entry 5 was exported") {
		t.Errorf("verdict %+v", v)
	}
	if v := w.verify(t, whole); !v.OK || v.Entries != 2 {
		t.Errorf("verdict %+v", v)
	}
}

func TestAForgedFileDoesNotHideTheCopy(t *testing.T) {
	t.Parallel()
	w, _ := sentAway(t, newWorld(t), nil)
	tenant := storetest.Tenant(t, w.db)
	w.append(t, tenant, 2)
	export(t, audit.NewExporter(w.trail))
	w.forge(t, `delete from audit_entry where tenant_id = $1`, tenant)
	w.forge(t, `delete from audit_head where tenant_id = $1`, tenant)
	if err := os.Remove(filepath.Join(w.dir, "audit", "heads.jsonl")); err != nil {
		t.Fatal(err)
	}
	w.append(t, tenant, 2) // another chain, and another file that agrees with it
	local, err := audit.New(audit.Config{DB: w.db, Dir: w.dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	export(t, audit.NewExporter(local))
	if v := w.verify(t, tenant); v.OK || v.BadSeq != 2 || !strings.Contains(v.Why, "made anew") {
		t.Errorf("verdict %+v", v)
	}
}

func TestWhatCouldNotBeSentAwayIsSentLater(t *testing.T) {
	t.Parallel()
	w, server := sentAway(t, newWorld(t), nil)
	tenant := storetest.Tenant(t, w.db)
	w.append(t, tenant, 4)
	e := audit.NewExporter(w.trail)
	server.Cut()
	if n, err := e.Export(t.Context()); n != 1 || fault.CodeOf(err) != fault.Unavailable {
		t.Fatalf("exported %d heads: %v", n, err)
	}
	if _, err := w.trail.Verify(t.Context(), tenant); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("verified without the copy: %v", err)
	}
	server.Mend()
	export(t, e)
	w.append(t, tenant, 1)
	export(t, audit.NewExporter(w.trail)) // a new process keeps what the old one sent
	w.forge(t, cutOff, tenant)
	if err := os.Remove(filepath.Join(w.dir, "audit", "heads.jsonl")); err != nil {
		t.Fatal(err)
	}
	if v := w.verify(t, tenant); v.OK || v.BadSeq != 4 {
		t.Errorf("verdict %+v", v)
	}
}
