package calllog_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/server/calllog"
	"nexusai/server/ledger"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

// rate costs 1 nano-USD for an input token and 2 for one of output.
var rate = ledger.Price{Known: true, Version: "test", Price: catalog.Price{InputNano: 1_000_000, OutputNano: 2_000_000}}

func try(n int) calllog.Attempt {
	return calllog.Attempt{
		N: n, Deployment: "d", Name: "Scripted", Provider: "p", Key: "k", Model: "m", Started: time.Now(), Price: rate,
		Reserved: 100 + 2*5000, Likely: 100, MaxInput: 100, MaxOutput: 5000,
	}
}

// line is an attempt with its two ledger lines.
type line struct {
	input, output, cost, reserved, held, returned int64
	estimated                                     bool
	code                                          string
}

func attempts(t *testing.T, db *store.DB, tenant string) (out []line) {
	t.Helper()
	err := db.TenantRead(t.Context(), tenant, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `
			select a.input_tokens, a.output_tokens, a.cost_nano_usd, a.reserved_nano_usd, coalesce(r.reserved_nano_usd, 0), coalesce(s.holder_nano_usd, 0), a.estimated, a.error_code
			from inference_attempt a
			left join ledger_entry r on r.tenant_id = a.tenant_id and r.call_id = a.call_id and r.attempt = a.attempt and r.kind = 'reserve'
			left join ledger_entry s on s.tenant_id = a.tenant_id and s.call_id = a.call_id and s.attempt = a.attempt and s.kind = 'settle'
			order by a.at, a.attempt`)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (l line, err error) {
			err = r.Scan(&l.input, &l.output, &l.cost, &l.reserved, &l.held, &l.returned, &l.estimated, &l.code)
			return l, err
		})
		return err
	})
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return out
}

func TestEveryAttemptIsStoredAndSettled(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	book, _ := open(t, db, t.TempDir())
	o := book.Begin(call(tenant, "m"))
	if book.Ongoing(o.ID()) != o {
		t.Error("the call cannot be found")
	}
	first, second := broker.Attempt{Deployment: "d", Code: fault.UpstreamFailed, Usage: llm.Usage{Input: 90_000, Output: 90_000, Estimated: true}}, broker.Attempt{Deployment: "e", Usage: llm.Usage{Input: 50, Output: 7}}
	for n, a := range []broker.Attempt{first, second} {
		if err := o.Try(try(n + 1)); err != nil {
			t.Fatal(err)
		}
		o.Tried(n+1, a, "Scripted", rate)
	}
	report := broker.Report{Attempts: []broker.Attempt{first, second}}
	cost := o.End(calllog.OutcomeOf(report, nil, func(broker.Attempt) (string, ledger.Price) { return "Scripted", rate }))
	if cost != 100+2*5000+50+2*7 {
		t.Errorf("cost %d", cost)
	}
	if book.Ongoing(o.ID()) != nil {
		t.Error("the call still runs")
	}
	stored(t, db, tenant, "ledger_entry", 4)
	got := attempts(t, db, tenant)
	want := []line{
		{100, 5000, 10_100, 10_100, 10_100, 0, true, "upstream.failed"}, // a guess never exceeds its reservation
		{50, 7, 64, 10_100, 10_100, 10_036, false, ""},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestAKilledProcessSettlesWhatItHeld kills this test's binary while a stream
// is under way: the next process settles input and what had come.
func TestAKilledProcessSettlesWhatItHeld(t *testing.T) {
	if dir := os.Getenv("NEXUS_TEST_ATTEMPT"); dir != "" {
		streamUntilKilled(dir, os.Getenv("NEXUS_TEST_TENANT"))
		return
	}
	t.Parallel()
	db := storetest.Open(t)
	tenant := storetest.Tenant(t, db)
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAKilledProcessSettlesWhatItHeld$")
	cmd.Env = append(os.Environ(), "NEXUS_TEST_ATTEMPT="+dir, "NEXUS_TEST_TENANT="+tenant)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	closed := make(chan []string, 8)
	book, err := calllog.Open(calllog.Config{DB: db, Dir: dir, Log: quiet, Closed: func(_ context.Context, lives []string) error {
		closed <- lives
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- book.Run(ctx) }()
	stored(t, db, tenant, "ledger_entry", 4)
	cancel()
	<-done
	got := attempts(t, db, tenant)
	want := []line{{100, 5000, 10_100, 10_100, 10_100, 0, true, "call.interrupted"}, {100, 1000, 2_100, 10_100, 10_100, 8_000, true, "call.interrupted"}}
	if len(got) != 2 || got[0] != want[0] && got[0] != want[1] || got[1] != want[1] && got[1] != want[0] || got[0] == got[1] {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	// The killed process is closed once everything it spent is stored, and this
	// one when it ends.
	if past := <-closed; len(past) != 1 || past[0] == book.Life() {
		t.Errorf("closed %v", past)
	}
	if mine := <-closed; len(mine) != 1 || mine[0] != book.Life() {
		t.Errorf("closed %v, want %s", mine, book.Life())
	}
}

func streamUntilKilled(dir, tenant string) {
	book, err := calllog.Open(calllog.Config{DB: noDatabase{}, Dir: dir, Log: quiet})
	if err != nil {
		panic(err)
	}
	go func() { _ = book.Run(context.Background()) }()
	for _, bytes := range []int{4000, 80_000} { // the second is more than was allowed
		o := book.Begin(call(tenant, "m"))
		if err := o.Try(try(1)); err != nil {
			panic(err)
		}
		o.Received(1, bytes)
	}
	for noted := 0; noted < 2; time.Sleep(10 * time.Millisecond) {
		book.Begin(call(tenant, "other")).End(calllog.Outcome{State: calllog.Failed}) // turns the segments
		names, _ := filepath.Glob(filepath.Join(dir, "0*.jsonl"))
		noted = 0
		if len(names) > 1 {
			text, _ := os.ReadFile(names[len(names)-1])
			noted = strings.Count(string(text), `{"got":`)
		}
	}
	_, _ = os.Stdout.WriteString(".")
	select {}
}
