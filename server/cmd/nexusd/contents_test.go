package main

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/audit"
	"nexusai/server/content"
	"nexusai/server/policy"
	"nexusai/server/tenant"
)

// keeps decides for the team as nexusctl apply would.
func (m *team) keeps(keep bool) {
	m.t.Helper()
	err := m.db.Tenant(m.t.Context(), m.id, func(tx pgx.Tx) error {
		_, _, err := content.SetPolicy(m.t.Context(), tx, audit.Operator, time.Now(), tenant.Contents{Keep: keep, Days: 30, Readers: []string{policy.Owner}})
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

// count is how many there are now.
func (m *team) count(sql string) (n int) {
	m.t.Helper()
	err := m.db.TenantRead(m.t.Context(), m.id, func(tx pgx.Tx) error { return tx.QueryRow(m.t.Context(), sql).Scan(&n) })
	if err != nil {
		m.t.Fatal(err)
	}
	return n
}

// TestAKilledServerKeepsWhatWasSaid kills nexusd right behind an answer: what it
// said is stored by the next one, and plain text is in no file of either.
func TestAKilledServerKeepsWhatWasSaid(t *testing.T) {
	t.Parallel()
	const canary = "canary-9c41"
	upstream := up.Serve(t, up.Answer("Hel", canary))
	dir := folder(t)
	p := start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme := newTeam(t, dir, upstream.URL)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ask := func() {
		t.Helper()
		body := map[string]any{"model": "m", "stream": true, "messages": []any{map[string]string{"role": "user", "content": canary}}}
		status, answer := post(ctx, p.url+"/v1/chat/completions", acme.key, body)
		if status != 200 || !bytes.Contains(answer, []byte("[DONE]")) {
			t.Fatalf("%d %s\n%s", status, answer, p.log)
		}
	}
	ask()
	acme.have(`select count(*) from inference_log where contents = ''`, 1)
	acme.keeps(true)
	kept := 0
	for kept == 0 { // the server hears of it within a second
		ask()
		if kept = acme.count(`select count(*) from inference_log where contents = 'kept'`); ctx.Err() != nil {
			t.Fatalf("nothing is kept\n%s", p.log)
		}
	}
	stored := `select count(*) from inference_log l join call_content c on c.call_id = l.id and c.at = l.at where l.contents = 'kept' and l.contents_until > now() + interval '29 days'`
	ask()
	p.signal(syscall.SIGKILL)
	p.ended(10 * time.Second)
	p = start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme.have(stored+` and l.at = (select max(at) from inference_log)`, 1)
	acme.have(`select count(*) from inference_log where contents = 'kept' and not exists (select from call_content c where c.call_id = inference_log.id)`, 0)
	ask()
	_, figures := p.get("/metrics")
	if strings.Contains(figures, canary) || !strings.Contains(figures, "nexus_call_contents_total") || strings.Contains(p.log.String(), canary) {
		t.Errorf("the figures or the log show it, or there are none:\n%s\n%s", figures, p.log)
	}
	bearer := acme.login(p.url)
	id := ""
	err := acme.db.TenantRead(ctx, acme.id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select call_id::text from call_content order by at desc limit 1`).Scan(&id)
	})
	if err != nil {
		t.Fatal(err)
	}
	status, said := post(ctx, p.url+"/api/admin/logs/"+id+"/contents", bearer, nil)
	if status != http.StatusOK || bytes.Count(said, []byte(canary)) != 2 {
		t.Errorf("%d %s", status, said)
	}
	p.signal(syscall.SIGTERM)
	p.ended(30 * time.Second)
	unseen(t, dir, canary)
}

// unseen looks for text in every file below dir, those of the database too.
func unseen(t *testing.T, dir, text string) {
	t.Helper()
	looked := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // the database's own files come and go
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		looked++
		if bytes.Contains(data, []byte(text)) {
			t.Errorf("%s shows it", path)
		}
		return nil
	})
	if err != nil || looked < 100 {
		t.Errorf("looked into %d files, %v", looked, err)
	}
}
