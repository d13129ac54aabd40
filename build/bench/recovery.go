package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// recovery measures server.recovery_ms: from the kill of the private database,
// under load, until another one runs and the server is ready and answers.
func recovery(ctx context.Context) ([]Row, error) {
	s, err := newStand(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	loaded, enough := context.WithCancel(ctx)
	var callers sync.WaitGroup
	defer callers.Wait()
	defer enough()
	for range 4 {
		callers.Go(func() {
			for way := newWay(s.server.url, s.key); loaded.Err() == nil; {
				_, _ = way.take(loaded) // while the database is away some are refused
			}
		})
	}
	var samples []float64
	for range 5 {
		time.Sleep(500 * time.Millisecond) // something to recover
		took, err := s.killed(ctx)
		if err != nil {
			return nil, err
		}
		samples = append(samples, took)
	}
	return []Row{judged(Row{Name: "server.recovery_ms", Value: median(samples), Unit: "ms", Bound: 5000, Samples: samples})}, nil
}

// killed kills the postmaster and returns after how many ms all is well.
func (s *stand) killed(ctx context.Context) (float64, error) {
	old, err := s.postmaster()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
		return 0, fmt.Errorf("kill the database: %w", err)
	}
	for way := newWay(s.server.url, s.key); ctx.Err() == nil && time.Since(began) < time.Minute; time.Sleep(5 * time.Millisecond) {
		if now, err := s.postmaster(); err != nil || now == old || !s.ready(ctx) {
			continue
		}
		if _, err := way.take(ctx); err == nil {
			return ms(time.Since(began)), nil
		}
	}
	return 0, fmt.Errorf("the server was not well within a minute of its database's death")
}

func (s *stand) postmaster() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, "server", "pg", "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
}

func (s *stand) ready(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.url+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
