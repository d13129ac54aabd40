package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const (
	outageRequests = 10_000
	outages        = 5
	outageCallers  = 16
	awayFor        = 700 * time.Millisecond
)

// mortal is a provider whose connections break when it is killed; it comes back
// at the same address.
type mortal struct {
	scripted
	address string
	server  *http.Server
}

func (m *mortal) start() error {
	if m.address == "" {
		m.address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", m.address)
	if err != nil {
		return err
	}
	m.address = listener.Addr().String()
	m.server = &http.Server{Handler: &m.scripted, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = m.server.Serve(listener) }() // ends with Close
	return nil
}

// kill breaks every connection. Close's error speaks of the listener, which is
// gone either way.
func (m *mortal) kill() { _ = m.server.Close() }

// outage measures how many of 10,000 requests are answered while one of two
// deployments is killed and restarted five times.
func outage(ctx context.Context) ([]Row, error) {
	s, err := newStand(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	steady, fragile := &mortal{}, &mortal{}
	for _, m := range []*mortal{steady, fragile} {
		if err := m.start(); err != nil {
			return nil, err
		}
		defer m.kill()
	}
	if err := s.twoProviders(ctx, steady.address, fragile.address); err != nil {
		return nil, err
	}
	answered, failed, err := s.askThrough(ctx, fragile)
	if err != nil {
		return nil, err
	}
	if _, err := s.drained(ctx, outageRequests); err != nil {
		return nil, err
	}
	admin, err := s.admin(ctx) // after drained, whose session on the same device ends with this one
	if err != nil {
		return nil, err
	}
	logged, err := admin.logged(ctx, "ok")
	if err != nil {
		return nil, err
	}
	said := int(steady.answered.Load() + fragile.answered.Load())
	// An answer that its provider wrote as it was killed may not have arrived.
	if logged != answered || said < answered {
		return nil, fmt.Errorf("callers got %d answers, the log has %d, the providers gave %d", answered, logged, said)
	}
	fmt.Fprintf(os.Stderr, "outage: %d answered, %d failed; the providers gave %d, the log has %d\n", answered, failed, said, logged)
	if _, err := ctl(ctx, s.dir, "", "ledger", "verify", "--tenant", "bench"); err != nil {
		return nil, err
	}
	row := Row{Name: "broker.answered_pct", Unit: "%", Bound: 99.9, AtLeast: true, Value: 100 * float64(answered) / outageRequests}
	row.Samples = []float64{row.Value}
	return []Row{judged(row)}, nil
}

// twoProviders offers model m at both addresses and nowhere else.
func (s *stand) twoProviders(ctx context.Context, addresses ...string) error {
	text := "providers:\n"
	for i, at := range addresses {
		text += fmt.Sprintf("  - name: Provider %d\n    base_url: http://%s/v1\n    models: [two]\n", i+1, at)
	}
	path := filepath.Join(s.dir, "two.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	_, err := ctl(ctx, s.dir, "", "apply", "--tenant", "bench", "-f", path)
	return err
}

// askThrough makes the requests; the fragile provider dies after each sixth of
// them.
func (s *stand) askThrough(ctx context.Context, fragile *mortal) (answered, failed int, err error) {
	var started, good, bad atomic.Int64
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: outageCallers}}
	way := way{s.server.url + "/v1/chat/completions", s.key, client}
	var all sync.WaitGroup
	for range outageCallers {
		all.Go(func() {
			for started.Add(1) <= outageRequests && ctx.Err() == nil {
				if _, err := way.takeOf(ctx, "two"); err != nil {
					bad.Add(1)
					continue
				}
				good.Add(1)
			}
		})
	}
	for n := 1; n <= outages && err == nil; n++ {
		for started.Load() < int64(n*outageRequests/(outages+1)) && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		fragile.kill()
		time.Sleep(awayFor)
		err = fragile.start()
	}
	all.Wait()
	return int(good.Load()), int(bad.Load()), err
}
