package job_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"nexusai/server/job"
	"nexusai/server/store/database"
)

func TestJobsGoOnAfterTheDatabaseWasKilled(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "nxjob") // reachable for PostgreSQL's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	d, err := database.Open(t.Context(), database.Config{Dir: filepath.Join(dir, "d"), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	ran := make(chan struct{}, 100)
	run(t, d.Store(), quiet, job.Periodic{Name: "tick", Every: time.Second, OnStart: true,
		Run: func(context.Context) error { ran <- struct{}{}; return nil }})
	await(t, "the first run", ran)
	if err := syscall.Kill(d.Cluster().PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for len(ran) > 0 {
		<-ran
	}
	for range 3 { // one may have been on its way
		await(t, "a run after the kill", ran)
	}
	t.Logf("three runs within %s of the kill", time.Since(began).Round(time.Millisecond))
}
