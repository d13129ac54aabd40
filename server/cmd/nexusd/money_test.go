package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/egress"
	"nexusai/backend/fault"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/fleet"
	"nexusai/server/ledger"
	"nexusai/server/secret"
)

// must ends the test at an error.
func (m *team) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(fault.Cause(err))
	}
}

// apply declares what a file says, as nexusctl apply does.
func (m *team) apply(dir, file string) {
	m.t.Helper()
	keys, err := secret.Load(secret.Config{Dir: dir})
	m.must(err)
	known, err := catalog.Load()
	m.must(err)
	out, err := egress.New(egress.Config{Allow: []string{"127.0.0.0/8"}})
	m.must(err)
	f, err := fleet.New(fleet.Config{DB: m.db, Keys: keys, Catalog: known, Egress: out, Log: slog.New(slog.DiscardHandler)})
	m.must(err)
	_, err = f.Apply(m.t.Context(), m.id, []byte(file))
	m.must(err)
}

// price gives the team's model a price and the team a dollar.
func (m *team) price(dir, upstream string) {
	m.t.Helper()
	m.apply(dir, "providers:\n  - name: Priced\n    base_url: "+upstream+"\n    models:\n      - {id: paid, usd_per_million: {input: 1, output: 10}}\n")
	m.must(m.db.Tenant(m.t.Context(), m.id, func(tx pgx.Tx) error {
		_, err := budget.Put(m.t.Context(), tx, m.id, audit.Operator, budget.Budget{Holder: budget.OfTenant, Period: budget.Total, Limit: 1e9})
		return err
	}))
}

// TestAKilledServerLosesNoMoney kills nexusd right after an answer's last byte
// and in the middle of another: the first is booked to the token, the second as
// what was sent and had come, and nothing stays held.
func TestAKilledServerLosesNoMoney(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 80)
	upstream := up.Serve(t, []up.Act{up.Head(), up.Say(long), up.Wait(time.Minute)}, up.Answer("Hel", "lo"))
	dir := folder(t)
	p := start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme := newTeam(t, dir, upstream.URL)
	acme.price(dir, upstream.URL)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	body := `{"model": "paid", "stream": true, "max_tokens": 1000, "messages": [{"role": "user", "content": "hi"}]}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+acme.key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Fatalf("status %d\n%s", resp.StatusCode, p.log)
	}
	for noted := false; !noted; time.Sleep(20 * time.Millisecond) { // how far the stream came
		names, _ := filepath.Glob(filepath.Join(dir, "calls", "0*.jsonl"))
		for _, name := range names {
			text, _ := os.ReadFile(name)
			noted = noted || bytes.Contains(text, []byte(`{"got":`))
		}
		if ctx.Err() != nil {
			t.Fatalf("the journal does not hear of the stream\n%s", p.log)
		}
	}
	status, answer := post(ctx, p.url+"/v1/chat/completions", acme.key, map[string]any{"model": "paid", "stream": true, "messages": []any{map[string]string{"role": "user", "content": "hi"}}})
	p.signal(syscall.SIGKILL)
	if status != 200 || !bytes.Contains(answer, []byte("[DONE]")) {
		t.Fatalf("%d %s", status, answer)
	}
	p.ended(10 * time.Second)
	start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme.have(`select count(*) from inference_log where state = 'ok' and cost_nano_usd = 3 * 1000 + 2 * 10000`, 1)
	// The answer without a limit got one, from what the budget had left.
	acme.have(`select count(*) from inference_attempt where error_code = '' and max_output > 1000`, 1)
	// 400 bytes of text had come.
	acme.have(`select count(*) from inference_attempt where error_code = 'call.interrupted' and estimated and output_tokens = 100
		and input_tokens > 0 and cost_nano_usd between 100 * 10000 and reserved_nano_usd`, 1)
	acme.have(`select count(*) from ledger_entry`, 4)
	acme.have(`select count(*) from budget_lease where granted_nano_usd > spent_nano_usd`, 0)
	v, err := ledger.Verify(t.Context(), acme.db, acme.id)
	if err != nil || !v.OK() || v.Attempts != 2 {
		t.Errorf("verdict %+v %v", v, err)
	}
}
