package job_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/server/job"
	"nexusai/server/store"
	"nexusai/server/store/storetest"
)

const poll = 100 * time.Millisecond

func run(t *testing.T, db *store.DB, log *slog.Logger, jobs ...job.Periodic) (stop func()) {
	t.Helper()
	r, err := job.New(job.Config{DB: db, Log: log, Periodic: jobs, Poll: poll})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func await(t *testing.T, what string, signal <-chan struct{}) {
	t.Helper()
	select {
	case <-signal:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: not within 20 s", what)
	}
}

func TestPeriodicJobRunsAtStartAndAgain(t *testing.T) {
	t.Parallel()
	ran := make(chan struct{}, 100)
	run(t, storetest.Open(t), slog.New(slog.DiscardHandler), job.Periodic{Name: "tick", Every: time.Second, OnStart: true,
		Run: func(context.Context) error { ran <- struct{}{}; return nil }})
	for range 3 {
		await(t, "a run", ran)
	}
}

func TestOneOfTwoProcessesDoesTheWork(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var mu sync.Mutex
	running, most := 0, 0
	ran := make(chan struct{}, 100)
	slow := job.Periodic{Name: "slow", Every: time.Second, OnStart: true, Run: func(ctx context.Context) error {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		<-time.After(1500 * time.Millisecond) // longer than its period
		mu.Lock()
		running--
		mu.Unlock()
		ran <- struct{}{}
		return nil
	}}
	quiet := slog.New(slog.DiscardHandler)
	run(t, db, quiet, slow)
	run(t, db, quiet, slow)
	for range 2 {
		await(t, "a run", ran)
	}
	mu.Lock()
	defer mu.Unlock()
	if most != 1 {
		t.Errorf("%d runs at once, want 1", most)
	}
}

// lockedBuffer is written by the queue's goroutines and read by the test.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestFailureAndPanicAreLoggedAndTheNextRunComes(t *testing.T) {
	t.Parallel()
	var out lockedBuffer
	tries := make(chan struct{}, 100)
	n := 0
	run(t, storetest.Open(t), slog.New(slog.NewTextHandler(&out, nil)), job.Periodic{Name: "bad", Every: time.Second, OnStart: true,
		Run: func(context.Context) error {
			defer func() { tries <- struct{}{} }()
			switch n++; n { // one run at a time: no lock
			case 1:
				return errors.New("first cause")
			case 2:
				panic("second cause")
			}
			return nil
		}})
	for range 3 {
		await(t, "an attempt", tries)
	}
	for _, want := range []string{"first cause", "second cause", `msg="job failed"`, `msg="job panicked"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log misses %q:\n%s", want, out.String())
		}
	}
}

func TestStopWaitsForARunningJob(t *testing.T) {
	t.Parallel()
	began, finished := make(chan struct{}), make(chan struct{})
	stop := run(t, storetest.Open(t), slog.New(slog.DiscardHandler), job.Periodic{Name: "long", Every: time.Hour, OnStart: true,
		Run: func(ctx context.Context) error {
			close(began)
			defer close(finished)
			select {
			case <-time.After(500 * time.Millisecond):
				return nil
			case <-ctx.Done():
				t.Error("the job's context ended before the job")
				return ctx.Err()
			}
		}})
	await(t, "the job begins", began)
	stop()
	select {
	case <-finished:
	default:
		t.Error("Run returned while the job was running")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	db, log := storetest.Open(t), slog.New(slog.DiscardHandler)
	do := func(context.Context) error { return nil }
	good := job.Periodic{Name: "a", Every: time.Second, Run: do}
	for name, cfg := range map[string]job.Config{
		"no database": {Log: log, Periodic: []job.Periodic{good}},
		"no jobs":     {DB: db, Log: log},
		"no name":     {DB: db, Log: log, Periodic: []job.Periodic{{Every: time.Second, Run: do}}},
		"no function": {DB: db, Log: log, Periodic: []job.Periodic{{Name: "a", Every: time.Second}}},
		"too often":   {DB: db, Log: log, Periodic: []job.Periodic{{Name: "a", Every: time.Millisecond, Run: do}}},
		"twice":       {DB: db, Log: log, Periodic: []job.Periodic{good, good}},
	} {
		if _, err := job.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPartitionsJobWorksUnderTheApplicationRole(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if err := job.Partitions(db, slog.New(slog.DiscardHandler)).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var registered int
	err := db.System(t.Context(), func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from partitioned_log`).Scan(&registered)
	})
	if err != nil || registered == 0 {
		t.Errorf("%d log tables are registered, %v; want the inference log at least", registered, err)
	}
}
