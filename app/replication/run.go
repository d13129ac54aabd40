package replication

import (
	"context"
	"errors"
	"sync"
	"time"

	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

const (
	pushLimit  = 30 * time.Second // one push over the network
	pullLimit  = 60 * time.Second // one page over the network
	heartbeat  = 5 * time.Second  // how often the clocks are compared
	sleepSlack = 5 * time.Second  // a larger jump between wall and monotonic clock means sleep
	liveFirst  = 250 * time.Millisecond
	liveLast   = 5 * time.Second // longest wait between two tries to connect
)

// runner is one Run: everything in it belongs to one goroutine, except events.
type runner struct {
	*Replica
	wg     sync.WaitGroup
	events chan replica.Event // from network and live connection; senders also watch ctx
	timers map[string]time.Time
	relive chan struct{} // close the live connection and open another; capacity 1
	pulls  int           // finished ones, as of the last status
}

// Run syncs until ctx ends; then it returns nil, after everything it started
// has ended. A server that is away, a refused token or a full disk never end it.
func (r *Replica) Run(ctx context.Context) error {
	r.mu.Lock()
	if r.running {
		r.mu.Unlock()
		return errors.New("replication: Run is running already")
	}
	r.running = true
	err := r.anew()
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.running = false
		r.mu.Unlock()
	}()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	u := &runner{Replica: r, events: make(chan replica.Event, 16), timers: map[string]time.Time{}, relive: make(chan struct{}, 1)}
	defer u.wg.Wait()
	defer cancel()
	u.wg.Go(func() { u.stayLive(ctx) })
	u.handle(ctx, replica.Started{})
	u.loop(ctx)
	return nil
}

func (u *runner) loop(ctx context.Context) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	last := u.cfg.Now()
	for {
		u.drain(ctx)
		select {
		case <-ctx.Done():
			return
		case ev := <-u.events:
			u.handle(ctx, ev)
		case <-u.wake:
			u.handle(ctx, replica.Flushed{})
		case <-u.nextTimer():
			u.fire(ctx)
		case <-beat.C:
			now := u.cfg.Now()
			if slept(last, now) {
				u.cfg.Log.Info("clock jumped", "dur_ms", now.Round(0).Sub(last.Round(0)).Milliseconds())
				u.handle(ctx, replica.Kicked{})
				u.reconnect()
			}
			last = now
		}
	}
}

// slept compares wall and monotonic time: they differ after a sleep, or when
// somebody set the clock.
func slept(last, now time.Time) bool {
	jump := now.Round(0).Sub(last.Round(0)) - now.Sub(last)
	return jump > sleepSlack || jump < -sleepSlack
}

func (u *runner) reconnect() {
	select {
	case u.relive <- struct{}{}:
	default:
	}
}

// handle steps the machine and logs what went wrong with the database.
func (u *runner) handle(ctx context.Context, ev replica.Event) {
	if err := u.step(ctx, ev); err != nil && ctx.Err() == nil {
		u.cfg.Log.Error("sync step failed", "err", err)
	}
}

// drain does what the machine asked for, and keeps the status up to date.
func (u *runner) drain(ctx context.Context) {
	for {
		u.mu.Lock()
		todo := u.todo
		u.todo = nil
		u.mu.Unlock()
		if len(todo) == 0 {
			break
		}
		for _, eff := range todo {
			u.do(ctx, eff)
		}
	}
	u.refreshStatus(ctx)
}

func (u *runner) do(ctx context.Context, eff replica.Effect) {
	switch eff := eff.(type) {
	case replica.SendPush:
		u.wg.Go(func() { u.push(ctx, eff) })
	case replica.SendPull:
		u.wg.Go(func() { u.pull(ctx, eff) })
	case replica.SetTimer:
		u.timers[eff.Key] = u.cfg.Now().Add(eff.After)
	case kick:
		u.handle(ctx, replica.Kicked{})
		u.reconnect()
	}
}

func (u *runner) push(ctx context.Context, eff replica.SendPush) {
	limited, cancel := context.WithTimeout(ctx, pushLimit)
	defer cancel()
	ev := replica.Pushed{N: eff.N}
	var err error
	if ev.Resp, err = u.cfg.Server.Push(limited, eff.Req); err != nil {
		ev.Failed = u.failure(err)
	}
	u.tell(ctx, ev)
}

func (u *runner) pull(ctx context.Context, eff replica.SendPull) {
	limited, cancel := context.WithTimeout(ctx, pullLimit)
	defer cancel()
	ev := replica.Pulled{N: eff.N}
	var err error
	if ev.Page, err = u.cfg.Server.Pull(limited, eff.Req); err != nil {
		ev.Failed = u.failure(err)
	}
	u.tell(ctx, ev)
}

func (u *runner) tell(ctx context.Context, ev replica.Event) {
	select {
	case u.events <- ev:
	case <-ctx.Done():
	}
}

func (u *runner) failure(err error) *replica.Failure {
	u.cfg.Log.Debug("sync request failed", "err", err)
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return &refused.Failure
	}
	if errors.Is(err, ErrSignedOut) {
		return &replica.Failure{Kind: replica.Unauthorized}
	}
	return &replica.Failure{Kind: replica.Transient}
}

// nextTimer is ready when the first timer is due; nil, which is never ready,
// without timers.
func (u *runner) nextTimer() <-chan time.Time {
	var first time.Time
	for _, at := range u.timers {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	if first.IsZero() {
		return nil
	}
	return time.After(first.Sub(u.cfg.Now()))
}

func (u *runner) fire(ctx context.Context) {
	now := u.cfg.Now()
	for key, at := range u.timers {
		if at.After(now) {
			continue
		}
		delete(u.timers, key)
		u.handle(ctx, replica.Fired{Key: key})
	}
}

// stayLive keeps a connection for hints. Coming back, it has everything pulled.
func (u *runner) stayLive(ctx context.Context) {
	wait := liveFirst
	for ctx.Err() == nil {
		scope, usable := u.liveScope()
		began := u.cfg.Now()
		if usable {
			u.liveOnce(ctx, scope)
		}
		if u.cfg.Now().Sub(began) > liveLast {
			wait = liveFirst
		}
		select {
		case <-ctx.Done():
		case <-u.relive:
			wait = liveFirst
		case <-time.After(wait):
			wait = min(2*wait, liveLast)
		}
	}
}

// liveScope is false while there is nobody to connect as.
func (u *runner) liveScope() (string, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.machine.State()
	return s.Scope, s.Bound && !s.Paused
}

func (u *runner) liveOnce(ctx context.Context, scope string) {
	conn, cancel := context.WithCancel(ctx)
	defer cancel()
	up := false
	done := make(chan error, 1)
	u.wg.Go(func() {
		done <- u.cfg.Server.Live(conn, scope, func() {
			up = true
			u.tell(conn, replica.Connected{})
		}, func(h wire.Hint) { u.tell(conn, replica.Hinted{Hint: h}) })
	})
	select {
	case err := <-done:
		u.cfg.Log.Debug("live connection ended", "err", err)
		if up { // find out at once whether the server is gone
			u.tell(ctx, replica.Fired{Key: "pull"})
		}
	case <-u.relive:
		cancel()
		err := <-done
		u.cfg.Log.Debug("live connection ended by us", "err", err)
		u.poke()
		u.reconnect()
	}
}
