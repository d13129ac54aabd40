package identity

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"nexusai/backend/fault"
)

var cheap = PasswordCost{MemoryKiB: 64, Passes: 1, Threads: 1}

func TestPasswordsRoundTrip(t *testing.T) {
	t.Parallel()
	p := newPasswords(cheap)
	phc, err := p.hash(t.Context(), "pass de l'été")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("hash %q: %v", phc, err)
	}
	for _, tt := range []struct {
		name, phc, password string
		ok                  bool
	}{
		{"right", phc, "pass de l'été", true},
		{"right, typed in pieces", phc, "pass de l'e\u0301te\u0301", true},
		{"wrong", phc, "pass de l'ete", false},
		{"empty", phc, "", false},
		{"nobody", "", "pass de l'été", false},
		{"nobody with the decoy's password", "", "", false},
	} {
		ok, stale, err := p.verify(t.Context(), tt.phc, tt.password)
		if ok != tt.ok || stale || err != nil {
			t.Errorf("%s: %v %v %v", tt.name, ok, stale, err)
		}
	}
	other, err := p.hash(t.Context(), "pass de l'été")
	if err != nil || other == phc {
		t.Error("two hashes have one salt")
	}
	dearer := newPasswords(PasswordCost{MemoryKiB: 128, Passes: 1, Threads: 1})
	if ok, stale, err := dearer.verify(t.Context(), phc, "pass de l'été"); !ok || !stale || err != nil {
		t.Errorf("an older cost: %v %v %v", ok, stale, err)
	}
}

func TestAFloodIsSentAway(t *testing.T) {
	t.Parallel()
	p := newPasswords(cheap)
	p.slots = make(chan struct{}, 1)
	p.slots <- struct{}{} // somebody is at it and does not finish
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range maxWaiting {
		waiting.Go(func() {
			if _, _, err := p.verify(ctx, "", "x"); fault.CodeOf(err) != fault.Canceled {
				t.Errorf("waiting ended with %v", err)
			}
		})
	}
	for deadline := time.Now().Add(10 * time.Second); p.waiting.Load() < maxWaiting; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("they do not wait")
		}
	}
	if _, _, err := p.verify(t.Context(), "", "x"); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	waiting.Wait()
	if p.waiting.Load() != 0 {
		t.Errorf("%d still wait", p.waiting.Load())
	}
}

func TestAWrongPasswordTakesAsLongAsNobody(t *testing.T) {
	t.Parallel()
	p := newPasswords(PasswordCost{MemoryKiB: 8 << 10, Passes: 1, Threads: 1})
	phc, err := p.hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	fastest := func(phc string) time.Duration {
		best := time.Hour
		for range 30 {
			began := time.Now()
			if ok, _, err := p.verify(t.Context(), phc, "wrong horse"); ok || err != nil {
				t.Fatal(ok, err)
			}
			best = min(best, time.Since(began))
		}
		return best
	}
	known, nobody := fastest(phc), fastest("")
	if ratio := float64(known) / float64(nobody); ratio < 0.5 || ratio > 2 {
		t.Errorf("known %s, nobody %s", known, nobody)
	}
}

func FuzzParsePHC(f *testing.F) {
	p := newPasswords(cheap)
	f.Add(p.decoy)
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=64,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, phc string) {
		c, salt, hash, err := parsePHC(phc)
		if err != nil {
			return
		}
		if c.MemoryKiB > maxMemoryKiB || c.Passes > maxPasses || c.Threads > maxThreads || len(salt) > 64 || len(hash) > 64 || c.Passes < 1 || c.Threads < 1 {
			t.Errorf("%q was accepted: %+v", phc, c)
		}
	})
}
