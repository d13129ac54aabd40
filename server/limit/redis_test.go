package limit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/server/limit"
	"nexusai/server/limit/limittest"
)

// startRedis runs a real server on a socket of its own, without a file.
func startRedis(t *testing.T) (socket string, stop func()) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "nexusai-redis-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatalf("start redis-server (make setup installs it): %v", err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(func() { stop(); _ = os.RemoveAll(dir) })
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	defer client.Close()
	for deadline := time.Now().Add(30 * time.Second); client.Ping(t.Context()).Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("redis-server does not answer")
		}
	}
	return socket, stop
}

func dialRedis(t *testing.T, socket string) *limit.Redis {
	t.Helper()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return limit.NewRedis(client)
}

// running runs c until the test ends.
func running(t *testing.T, c limit.Counters) limit.Counters {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return c
}

func TestRedis(t *testing.T) {
	t.Parallel()
	socket, _ := startRedis(t)
	limittest.Run(t, func(*testing.T) limittest.World {
		return limittest.World{Tenant: "t", Process: func(t *testing.T) limit.Counters { return running(t, dialRedis(t, socket)) }}
	})
}

func TestRedisGivesBackWhatWaitsAtTheEnd(t *testing.T) {
	t.Parallel()
	socket, _ := startRedis(t)
	c := dialRedis(t, socket)
	claim := limit.Claim{Key: "t/a/-", Cost: 1, Limit: 1, Concurrent: true}
	if got, err := c.Take(t.Context(), "h", []limit.Claim{claim}); err != nil || got.Refused >= 0 {
		t.Fatal(got, err)
	}
	if err := c.Give(t.Context(), "h", []limit.Claim{claim}); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Run(ended); err != nil {
		t.Fatal(err)
	}
	if got, err := dialRedis(t, socket).Take(t.Context(), "h2", []limit.Claim{claim}); err != nil || got.Refused >= 0 {
		t.Error("the place is still taken", got, err)
	}
}

// TestTheNextAttemptHasThePlaceOfTheOneBefore: a call that goes on elsewhere must
// not find its own place taken.
func TestTheNextAttemptHasThePlaceOfTheOneBefore(t *testing.T) {
	t.Parallel()
	socket, _ := startRedis(t)
	c := running(t, dialRedis(t, socket))
	l := newLimiter(t, c, limit.Rule{ID: "now", Holder: limit.OfTenant, Measure: limit.Concurrent, Amount: 1})
	h, err := l.Admit(asCaller(t), dep, ask)
	if err != nil {
		t.Fatal(err)
	}
	for n := 2; n < 200; n++ {
		h.Settle(broker.Attempt{})
		next := ask
		next.Attempt = n
		if h, err = l.Admit(asCaller(t), dep, next); err != nil {
			t.Fatalf("attempt %d: %v", n, err)
		}
	}
	next := ask
	next.Attempt = 2
	if _, err := l.Admit(asCaller(t), dep, next); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("two at a time: %v", err)
	}
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	socket, stop := startRedis(t)
	c := dialRedis(t, socket)
	stop()
	if _, err := c.Take(t.Context(), "h", []limit.Claim{{Key: "t/a/-", Cost: 1, Limit: 1, Window: time.Hour}}); err == nil {
		t.Error("a take without Redis succeeded")
	}
	rule := limit.Rule{ID: "a", Holder: limit.OfTenant, Measure: limit.Requests, Amount: 1, Window: time.Hour}
	rules := &fixed{rule}
	var said strings.Builder
	now := time.Now()
	l, err := limit.New(limit.Config{Counters: c, Rules: rules, Log: slog.New(slog.NewTextHandler(&said, nil)), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for step, tt := range []struct {
		open   bool
		later  time.Duration
		passes string // how often the log says that callers pass, and that they are refused
	}{{true, 0, "1 0"}, {true, 0, "1 0"}, {false, 0, "1 1"}, {false, time.Second, "1 1"}, {true, 10 * time.Second, "2 1"}} {
		now = now.Add(tt.later)
		(*rules)[0].FailOpen = tt.open
		_, err := l.Admit(asCaller(t), dep, ask)
		if tt.open != (err == nil) || !tt.open && (fault.CodeOf(err) != fault.Unavailable || fault.From(err).RetryAfter == 0) {
			t.Errorf("fail open %v: %v", tt.open, err)
		}
		if got := fmt.Sprint(strings.Count(said.String(), "callers pass"), strings.Count(said.String(), "callers are refused")); got != tt.passes {
			t.Errorf("step %d: said %s, want %s", step, got, tt.passes)
		}
	}
}

// TestWhatADeadProcessTookIsFreeAgain, and what nobody takes from any more is
// forgotten: Redis must not fill up.
func TestWhatADeadProcessTookIsFreeAgain(t *testing.T) {
	t.Parallel()
	socket, _ := startRedis(t)
	c := dialRedis(t, socket)
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	t.Cleanup(func() { _ = client.Close() })
	const key, rate = "nexus:limit:{t}:a/-", "nexus:limit:{t}:b/-"
	ago := float64(time.Now().Add(-time.Second).UnixMilli())
	if err := client.ZAdd(t.Context(), key, redis.Z{Score: ago, Member: "of the dead"}).Err(); err != nil {
		t.Fatal(err)
	}
	place := limit.Claim{Key: "t/a/-", Cost: 1, Limit: 1, Concurrent: true}
	if got, err := c.Take(t.Context(), "h", []limit.Claim{place, {Key: "t/b/-", Cost: 1, Limit: 9, Window: time.Hour}}); err != nil || got.Refused >= 0 {
		t.Fatal("the place of a dead process is taken", got, err)
	}
	for name, most := range map[string]time.Duration{key: 90 * time.Second, rate: 2 * time.Hour} {
		if left, err := client.PTTL(t.Context(), name).Result(); err != nil || left <= 0 || left > most {
			t.Errorf("%s is kept for %s (%v)", name, left, err)
		}
	}
	// A process that lives renews its place before it is free.
	soon := float64(time.Now().Add(time.Second).UnixMilli())
	if err := client.ZAddXX(t.Context(), key, redis.Z{Score: soon, Member: "h"}).Err(); err != nil {
		t.Fatal(err)
	}
	c.Renew(t.Context())
	if until, err := client.ZScore(t.Context(), key, "h").Result(); err != nil || until < soon+60_000 {
		t.Errorf("the place is kept until %f, want more than a minute after %f (%v)", until, soon, err)
	}
}

func TestRedisAddressIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := limit.OpenRedis("http://x"); err == nil {
		t.Error("http is no Redis")
	}
	client, err := limit.OpenRedis("redis://127.0.0.1:1/0")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Ping(t.Context()).Err(); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a closed port answers %v", err)
	}
}

var quiet = slog.New(slog.DiscardHandler)
