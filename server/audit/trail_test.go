package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

// world is a database that tests may forge in behind row-level security.
type world struct {
	db    *store.DB
	super *pgx.Conn
	trail *audit.Trail
	dir   string
}

func newWorld(t *testing.T) world {
	t.Helper()
	appURL, _ := storetest.URLs(t)
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), store.Config{URL: appURL, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	super, err := pgx.Connect(t.Context(), storetest.SuperURL(t, appURL))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { super.Close(context.Background()) })
	dir := t.TempDir()
	trail, err := audit.New(audit.Config{DB: db, Dir: dir, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return world{db, super, trail, dir}
}

func (w world) append(t *testing.T, tenant string, n int) {
	t.Helper()
	for i := range n {
		err := w.db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error {
			return audit.Append(t.Context(), tx, audit.Entry{
				Actor: audit.Operator, Action: "user.invited", Target: fmt.Sprintf("person%d@acme.test", i),
				Facts: map[string]string{"role": "member", "odd": "\x00\xff☂"},
			})
		})
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
	}
}

func (w world) forge(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.super.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (w world) verify(t *testing.T, tenant string) audit.Verdict {
	t.Helper()
	v, err := w.trail.Verify(t.Context(), tenant)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return v
}

func TestVerifyShowsEveryForgery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, sql string
		export    bool
		bad       int64
		why       string
	}{
		{"nothing", `select $1::uuid`, true, 0, ""},
		{"a changed target", `update audit_entry set target = 'x' where tenant_id = $1 and seq = 3`, false, 3, "changed"},
		{"a changed fact", `update audit_entry set facts = '{"role":"owner"}' where tenant_id = $1 and seq = 2`, false, 2, "changed"},
		{"a changed time", `update audit_entry set at = at + interval '1 microsecond' where tenant_id = $1 and seq = 1`, false, 1, "changed"},
		{"a removed entry", `delete from audit_entry where tenant_id = $1 and seq = 2`, false, 2, "missing"},
		{"a cut-off end", `delete from audit_entry where tenant_id = $1 and seq > 3`, false, 4, "head says 5"},
		{"a cut-off end with its head", `with d as (delete from audit_entry where tenant_id = $1 and seq > 3)
			update audit_head set seq = 3, hash = (select hash from audit_entry where tenant_id = $1 and seq = 3) where tenant_id = $1`, true, 4, "cut off"},
		{"everything gone", `with d as (delete from audit_entry where tenant_id = $1) delete from audit_head where tenant_id = $1`, true, 1, "cut off"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tenant := storetest.Tenant(t, w.db)
			w.append(t, tenant, 5)
			if tt.export {
				if n, err := audit.NewExporter(w.trail).Export(t.Context()); err != nil || n != 1 {
					t.Fatalf("exported %d heads: %v", n, err)
				}
			}
			w.forge(t, tt.sql, tenant)
			v := w.verify(t, tenant)
			if v.OK != (tt.bad == 0) || v.BadSeq != tt.bad || !strings.Contains(v.Why, tt.why) {
				t.Errorf("verdict %+v, want bad entry %d (%s)", v, tt.bad, tt.why)
			}
		})
	}
}

func TestARewrittenChainDiffersFromItsExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := storetest.Tenant(t, w.db)
	w.append(t, tenant, 2)
	exporter := audit.NewExporter(w.trail)
	if _, err := exporter.Export(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.forge(t, `delete from audit_entry where tenant_id = $1`, tenant)
	w.forge(t, `delete from audit_head where tenant_id = $1`, tenant)
	w.append(t, tenant, 4) // consistent in itself
	if v := w.verify(t, tenant); v.OK || v.BadSeq != 2 || !strings.Contains(v.Why, "made anew") {
		t.Errorf("verdict %+v", v)
	}
}

func TestExportAppendsOnlyWhatGrewAndSurvivesATornLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := storetest.Tenant(t, w.db), storetest.Tenant(t, w.db)
	w.append(t, a, 1)
	w.append(t, b, 1)
	export := func(e *audit.Exporter, want int) {
		t.Helper()
		if n, err := e.Export(t.Context()); err != nil || n != want {
			t.Fatalf("exported %d heads, want %d: %v", n, want, err)
		}
	}
	e := audit.NewExporter(w.trail)
	export(e, 2)
	export(e, 0)
	w.append(t, a, 1)
	export(e, 1)
	path := filepath.Join(w.dir, "audit", "heads.jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"tenant_id":"` + a); err != nil {
		t.Fatal(err)
	}
	f.Close()
	w.append(t, b, 1)
	export(audit.NewExporter(w.trail), 1) // a new process, after the crash
	for _, tenant := range []string{a, b} {
		if v := w.verify(t, tenant); !v.OK || v.Entries != 2 {
			t.Errorf("verdict %+v", v)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), `"seq":2`) != 2 {
		t.Errorf("%s (%v)", text, err)
	}
}

func TestTheApplicationCanNeitherChangeNorRemoveEntries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := storetest.Tenant(t, w.db)
	w.append(t, tenant, 1)
	for _, sql := range []string{`update audit_entry set target = ''`, `delete from audit_entry`, `truncate audit_entry`, `delete from audit_head`} {
		err := w.db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if err == nil || !strings.Contains(fault.Cause(err), "permission denied") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestConcurrentActsMakeOneChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, other := storetest.Tenant(t, w.db), storetest.Tenant(t, w.db)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { w.append(t, tenant, 10) })
	}
	group.Wait()
	if v := w.verify(t, tenant); !v.OK || v.Entries != 80 {
		t.Errorf("verdict %+v", v)
	}
	if v := w.verify(t, other); !v.OK || v.Entries != 0 {
		t.Errorf("the other tenant: %+v", v)
	}
}

func TestListPagesAndFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, other := storetest.Tenant(t, w.db), storetest.Tenant(t, w.db)
	w.append(t, tenant, 5)
	w.append(t, other, 1)
	list := func(q httpapi.AuditQuery) httpapi.AuditPage {
		t.Helper()
		page, err := w.trail.List(t.Context(), tenant, q)
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		return page
	}
	var seqs []int64
	q := httpapi.AuditQuery{Limit: 2}
	for range 3 {
		page := list(q)
		for _, item := range page.Items {
			seqs = append(seqs, item.Seq)
		}
		q.Cursor = page.NextCursor
	}
	if fmt.Sprint(seqs) != "[5 4 3 2 1]" || q.Cursor != "" {
		t.Errorf("pages gave %v, cursor %q", seqs, q.Cursor)
	}
	for _, tt := range []struct {
		q    httpapi.AuditQuery
		want int
	}{
		{httpapi.AuditQuery{Action: "user"}, 5},
		{httpapi.AuditQuery{Action: "user.invited", Actor: "operator"}, 5},
		{httpapi.AuditQuery{Action: "use"}, 0},
		{httpapi.AuditQuery{Actor: "\x00"}, 0},
	} {
		if got := len(list(tt.q).Items); got != tt.want {
			t.Errorf("%+v: %d entries, want %d", tt.q, got, tt.want)
		}
	}
	for _, cursor := range []string{"x", "-1", "0", "99999999999999999999"} {
		if _, err := w.trail.List(t.Context(), tenant, httpapi.AuditQuery{Cursor: cursor}); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}
