package broker_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// inMemory is a client without sockets, for tests of time and chance.
type inMemory func(ctx context.Context, onDelta func(llm.Delta) error) error

func (c inMemory) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	return llm.Completion{Model: req.Model, Text: "a", Finish: llm.FinishStop}, c(ctx, onDelta)
}

func (c inMemory) Embed(ctx context.Context, _ llm.EmbedRequest) (llm.Embeddings, error) {
	return llm.Embeddings{}, c(ctx, nil)
}

func (c inMemory) Models(context.Context) ([]llm.Model, error) { return nil, nil }

func fine(context.Context, func(llm.Delta) error) error { return nil }

func at(id string, priority, weight int, c inMemory) broker.Deployment {
	return broker.Deployment{ID: id, Model: id, Priority: priority, Weight: weight, Client: c}
}

func shares(t *testing.T, b *broker.Broker, n int) map[string]float64 {
	t.Helper()
	got := map[string]float64{}
	for range n {
		done, err := b.Chat(t.Context(), ask("m"), nil)
		if err != nil {
			t.Fatal(err)
		}
		got[done.Model] += 1 / float64(n)
	}
	return got
}

func TestChoiceFollowsPriorityAndWeight(t *testing.T) {
	t.Parallel()
	got := shares(t, newBroker(t, at("a", 1, 3, fine), at("b", 1, 1, fine), at("never", 2, 100, fine), at("zero", 1, 0, fine)), 5000)
	for id, want := range map[string]float64{"a": 0.6, "b": 0.2, "zero": 0.2, "never": 0} {
		if math.Abs(got[id]-want) > 0.03 {
			t.Errorf("%s got %.3f, want %.2f", id, got[id], want)
		}
	}
}

// narrow sends who holds to the first deployment only.
type narrow []broker.Deployment

func (r narrow) Candidates(ctx context.Context, _ broker.Query) (broker.Route, error) {
	if ctx.Value(holding{}) != nil {
		return broker.Route{Deployments: r[:1]}, nil
	}
	return broker.Route{Deployments: r}, nil
}

func (r narrow) Models(context.Context) ([]llm.Model, error) { return nil, nil }

type holding struct{}

func TestChoiceTakesTheLessBusyOfTwo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		busy := func(ctx context.Context, _ func(llm.Delta) error) error {
			if ctx.Value(holding{}) != nil {
				<-hold
			}
			return nil
		}
		b, err := broker.New(broker.Config{Routes: narrow{at("a", 0, 1, busy), at("b", 0, 1, fine), at("c", 0, 2, fine)}, Log: quiet(), Rand: rand.New(rand.NewPCG(1, 2))})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			go func() { _, _ = b.Chat(context.WithValue(t.Context(), holding{}, true), ask("m"), nil) }()
		}
		synctest.Wait()
		if b.InFlight("a") != 3 {
			t.Fatalf("%d in flight", b.InFlight("a"))
		}
		got := shares(t, b, 3000)
		close(hold)
		synctest.Wait()
		if got["a"] != 0 || got["c"] < 0.5 {
			t.Errorf("shares %v: the busy one must lose each pair", got)
		}
		if b.InFlight("a") != 0 {
			t.Error("something still counts as in flight")
		}
	})
}

// TestWhoWeighsMoreMayBeBusier: load counts for the share that one is to have.
func TestWhoWeighsMoreMayBeBusier(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		held := func(context.Context, func(llm.Delta) error) error { <-hold; return nil }
		b := newBroker(t, at("small", 0, 1, held), at("large", 0, 4, held))
		for range 100 {
			go func() { _, _ = b.Chat(t.Context(), ask("m"), nil) }()
			synctest.Wait()
		}
		if n := b.InFlight("large"); n < 72 || n > 88 {
			t.Errorf("%d of 100 are with the one that is to have four of five", n)
		}
		close(hold)
		synctest.Wait()
	})
}

func TestWaitBeforeTheSecondAttempt(t *testing.T) {
	t.Parallel()
	failed := func(after time.Duration) *fault.Fault {
		f := fault.New(fault.RateLimited, "", nil)
		f.RetryAfter = after
		return f
	}
	away := func(after time.Duration) *fault.Fault {
		f := failed(after)
		f.Code = fault.UpstreamFailed
		return f
	}
	for name, c := range map[string]struct {
		err      error
		other    bool
		from, to time.Duration
		attempts int
	}{
		"another, at once":          {failed(0), true, 0, 250 * time.Millisecond, 2},
		"another ignores the first": {failed(time.Minute), true, 0, 250 * time.Millisecond, 2},
		"the same waits as told":    {failed(3 * time.Second), false, 3 * time.Second, 3250 * time.Millisecond, 2},
		"the same, at the bound":    {failed(5 * time.Second), false, 5 * time.Second, 5250 * time.Millisecond, 2},
		"failed, and says when":     {away(2 * time.Second), false, 2 * time.Second, 2250 * time.Millisecond, 2},
		"failed, for too long":      {away(6 * time.Second), false, 0, 0, 1},
		"too long a wait":           {failed(5001 * time.Millisecond), false, 0, 0, 1},
		"error that is no fault":    {errors.New("bug"), false, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				waits := map[time.Duration]bool{}
				for seed := range uint64(50) {
					calls := 0
					once := func(context.Context, func(llm.Delta) error) error {
						if calls++; calls == 1 {
							return c.err
						}
						return nil
					}
					all := routes{at("a", 0, 1, once)}
					if c.other {
						all = append(all, at("b", 1, 1, once))
					}
					b, err := broker.New(broker.Config{Routes: all, Log: quiet(), Rand: rand.New(rand.NewPCG(seed, 0))})
					if err != nil {
						t.Fatal(err)
					}
					start := time.Now()
					_, report, err := b.ChatWithReport(t.Context(), ask("m"), broker.Options{}, nil)
					waited := time.Since(start)
					if len(report.Attempts) != c.attempts || (err == nil) != (c.attempts == 2) {
						t.Fatalf("%v after %d attempts", err, len(report.Attempts))
					}
					if waited < c.from || waited > c.to {
						t.Errorf("waited %v", waited)
					}
					waits[waited] = true
				}
				if c.attempts == 2 && len(waits) < 40 {
					t.Errorf("only %d different waits: no jitter", len(waits))
				}
			})
		})
	}
}

// TestWhoWaitsForARestComesBackByChance: all who wait for the same key must not
// ask it at the same moment.
func TestWhoWaitsForARestComesBackByChance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limited := true
		var mu sync.Mutex // guards moments
		moments := map[time.Duration]bool{}
		start := time.Now()
		b := newBroker(t, at("a", 0, 1, func(context.Context, func(llm.Delta) error) error {
			if limited {
				limited = false
				f := fault.New(fault.RateLimited, "", nil)
				f.RetryAfter = 3 * time.Second
				return f
			}
			mu.Lock()
			defer mu.Unlock()
			moments[time.Since(start)] = true
			return nil
		}))
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				if _, err := b.Chat(t.Context(), ask("m"), nil); err != nil {
					t.Error(fault.Cause(err))
				}
			})
			synctest.Wait() // the first is limited, the others find it resting
		}
		callers.Wait()
		for at := range moments {
			if at < 3*time.Second || at > 3*time.Second+250*time.Millisecond {
				t.Errorf("asked after %v", at)
			}
		}
		if len(moments) < 15 {
			t.Errorf("20 callers came back at %d moments", len(moments))
		}
	})
}

func TestDeadlinesOfAttemptAndRequest(t *testing.T) {
	t.Parallel()
	silent := func(ctx context.Context, _ func(llm.Delta) error) error { <-ctx.Done(); return ctx.Err() }
	slowly := func(ctx context.Context, onDelta func(llm.Delta) error) error {
		for range 100 {
			if err := onDelta(llm.Delta{Text: "a"}); err != nil {
				return err
			}
			select {
			case <-time.After(14 * time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	own := at("own", 0, 1, silent)
	own.Deadlines.FirstToken = time.Second
	thinks := at("thinks", 0, 1, silent)
	thinks.Skills.Reasoning = true
	local := at("local", 0, 1, silent)
	local.Local = true
	for name, c := range map[string]struct {
		d    broker.Deployment
		took time.Duration
	}{
		"hosted, silent": {at("hosted", 0, 1, silent), 15 * time.Second}, "local, silent": {local, 420 * time.Second},
		"own limit, silent": {own, 6 * time.Second}, "a model that thinks, silent": {thinks, 305 * time.Second}, "slow but alive, until the whole time is up": {at("slow", 0, 1, slowly), 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, report, err := newBroker(t, c.d).ChatWithReport(t.Context(), ask("m"), broker.Options{}, nil)
				if took := time.Since(start); fault.CodeOf(err) != fault.Timeout || took != c.took || len(report.Attempts) != 1 {
					t.Errorf("%v after %v and %d attempts", err, took, len(report.Attempts))
				}
			})
		})
	}
}

func TestCancelDuringTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wait := fault.New(fault.RateLimited, "", nil)
		wait.RetryAfter = 4 * time.Second
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, report, err := newBroker(t, at("a", 0, 1, func(context.Context, func(llm.Delta) error) error { return wait })).ChatWithReport(ctx, ask("m"), broker.Options{}, nil)
		if time.Since(start) != time.Second || fault.CodeOf(err) != fault.Canceled || len(report.Attempts) != 1 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
