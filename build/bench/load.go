package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	connections = 64
	turns       = 6 // a minute is taken in turns with the floor, so that a busy machine slows both alike
	drainLimit  = 60 * time.Second
)

// sustained is how long each figure is measured.
var sustained = 60 * time.Second

// stand is a gateway with everything switched on, its floor and the provider
// behind both.
type stand struct {
	dir      string
	upstream *scripted
	provider *httptest.Server
	floor    *child
	server   *child
	key      string
}

func newStand(ctx context.Context) (_ *stand, err error) {
	s := &stand{upstream: &scripted{}}
	s.provider = httptest.NewServer(s.upstream)
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("/tmp", "nexusai-bench-"); err != nil { // PostgreSQL's own user must reach it
		return nil, err
	}
	if err = os.Chmod(s.dir, 0o711); err != nil {
		return nil, err
	}
	if s.floor, err = startProxy(ctx, s.dir, s.provider.URL); err != nil {
		return nil, err
	}
	s.server, err = launch(ctx, "bin/nexusd", []string{"serve", "--data", filepath.Join(s.dir, "server"), "--listen", "127.0.0.1:0"},
		"NEXUS_ENGINE=false", "NEXUS_ALLOW_NET=127.0.0.0/8", "NEXUS_LOG_LEVEL=error")
	if err != nil {
		return nil, fmt.Errorf("start nexusd (make build): %w", err)
	}
	s.key, err = prepareTenant(ctx, filepath.Join(s.dir, "server"), s.provider.URL)
	return s, err
}

func (s *stand) close() {
	for _, c := range []*child{s.server, s.floor} {
		if c != nil {
			c.stop()
		}
	}
	s.provider.Close()
	_ = os.RemoveAll(s.dir)
}

// load measures 64 connections that ask as fast as they are answered.
func load(ctx context.Context) ([]Row, error) {
	s, err := newStand(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	pid := s.server.cmd.Process.Pid
	ratio := Row{Name: "gateway.req_per_s_64_vs_proxy", Unit: "×", Bound: 0.6, AtLeast: true}
	cpu := Row{Name: "gateway.cpu_s_per_1k_64", Unit: "s", Bound: 0.20}
	times := Row{Name: "gateway.cpu_64_vs_proxy", Unit: "×", Bound: 2.2}
	database := Row{Name: "gateway.postgres_cpu_s_per_1k_64", Unit: "s"}
	memory := Row{Name: "gateway.rss_64_mib", Unit: "MiB", Bound: 120}
	sent := 0
	for turn := range turns {
		before := cpuOf([]int{s.floor.cmd.Process.Pid})
		floor, err := hammer(ctx, s.floor.url, "", sustained/turns)
		if err != nil {
			return nil, err
		}
		cpu.Floors = append(cpu.Floors, (cpuOf([]int{s.floor.cmd.Process.Pid})-before)*1000/float64(floor))
		mine, theirs := cpuOf([]int{pid}), cpuOf(descendants(pid))
		watched := watchMemory(ctx, pid)
		n, err := hammer(ctx, s.server.url, s.key, sustained/turns)
		memory.Samples = append(memory.Samples, watched()...)
		if err != nil {
			return nil, err
		}
		sent += n
		cpu.Samples = append(cpu.Samples, (cpuOf([]int{pid})-mine)*1000/float64(n))
		times.Samples = append(times.Samples, cpu.Samples[turn]/cpu.Floors[turn])
		times.Floors = append(times.Floors, 1)
		database.Samples = append(database.Samples, (cpuOf(descendants(pid))-theirs)*1000/float64(n))
		ratio.Samples = append(ratio.Samples, float64(n)/float64(floor))
		ratio.Floors = append(ratio.Floors, 1)
	}
	drained, err := s.drained(ctx, sent)
	if err != nil {
		return nil, err
	}
	backlog := Row{Name: "gateway.log_backlog_drained_s", Unit: "s", Bound: 10, Samples: []float64{drained.Seconds()}}
	rows := []Row{ratio, cpu, times, database, backlog}
	for i := range rows {
		rows[i].Value, rows[i].Floor = median(rows[i].Samples), median(rows[i].Floors)
		rows[i] = judged(rows[i])
	}
	memory.Value = slices.Max(memory.Samples)
	return append(rows, judged(memory)), nil
}

// hammer asks over 64 connections for a while and returns how many answers came.
func hammer(ctx context.Context, url, key string, d time.Duration) (int, error) {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	way := way{url + "/v1/chat/completions", key, client}
	until := time.Now().Add(d)
	var answers atomic.Int64
	var first error
	var once sync.Once
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for time.Now().Before(until) && ctx.Err() == nil {
				if _, err := way.take(ctx); err != nil {
					once.Do(func() { first = err })
					return
				}
				answers.Add(1)
			}
		})
	}
	all.Wait()
	if first != nil {
		return 0, first
	}
	return int(answers.Load()), ctx.Err()
}

// drained waits until every call is in the inference log, and says how long
// that took.
func (s *stand) drained(ctx context.Context, sent int) (time.Duration, error) {
	admin, err := s.admin(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for {
		calls, err := admin.logged(ctx, "")
		if err != nil {
			return 0, err
		}
		if calls == sent {
			return time.Since(began), nil
		}
		if time.Since(began) > drainLimit {
			return 0, fmt.Errorf("%d calls were made and %d are in the log %s later", sent, calls, drainLimit)
		}
		time.Sleep(200 * time.Millisecond) // looking is work too
	}
}

// admin signs in as the team's owner.
func (s *stand) admin(ctx context.Context) (client, error) {
	c := client{url: s.server.url}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	err := c.call(ctx, http.MethodPost, "/api/auth/login", map[string]any{
		"email": benchOwner, "password": strings.TrimSpace(benchPassword), "device": map[string]string{"id": "0192f3a4-7b1c-7def-8123-456789abcdef", "name": "bench"},
	}, &session)
	c.bearer = session.AccessToken
	return c, err
}

// logged is how many calls the inference log holds, of one state or of all.
func (c client) logged(ctx context.Context, state string) (int, error) {
	query := "?limit=1"
	if state != "" {
		query += "&state=" + state
	}
	var page struct {
		Totals struct {
			Calls int `json:"calls"`
		} `json:"totals"`
	}
	err := c.call(ctx, http.MethodGet, "/api/admin/logs"+query, nil, &page)
	return page.Totals.Calls, err
}
