// Package sim plays devices and a server through seeded histories of loss,
// duplication, reordering, crashes and wrong clocks, and checks what must hold
// whatever happens.
//
// A world has one thread and one source of chance, so a seed is one history.
package sim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"time"

	"nexusai/sync/hub"
	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// Config is one history.
type Config struct {
	Seed    uint64
	Devices int // at the start; default 3
	Steps   int // with faults, before healing; default 250
}

// Result tells what happened in a world.
type Result struct {
	Trace  string // hash over everything that happened, in order
	Writes int    // acknowledged operations
	Log    int64  // entries in the server's log at the end
	Faults int    // lost and doubled messages, crashes, restarts, jumps, clones
	Losers int    // values that lost to a concurrent edit
	Parked int
}

const scope = "user:0190c0de-0000-7000-8000-00000000000a"

// Run plays one history and checks it. The error names the broken invariant.
func Run(ctx context.Context, cfg Config) (Result, error) {
	if cfg.Devices == 0 {
		cfg.Devices = 3
	}
	if cfg.Steps == 0 {
		cfg.Steps = 250
	}
	w := newWorld(cfg)
	for range cfg.Devices {
		if err := w.addDevice(ctx); err != nil {
			return Result{}, err
		}
	}
	for range cfg.Steps {
		if err := w.step(ctx); err != nil {
			return w.result(), fmt.Errorf("step %d: %w", w.stepNo, err)
		}
	}
	if err := w.heal(ctx); err != nil {
		return w.result(), err
	}
	err := w.check(ctx)
	return w.result(), err
}

type world struct {
	rnd     *rand.Rand
	trace   hash.Hash
	now     time.Time // the true time, which is the server's clock
	server  *hub.Memory
	devices []*device
	net     []packet
	truth   truth
	faulty  bool
	locked  bool // the server refuses every token
	ids     uint64
	stepNo  int
	res     Result
}

func newWorld(cfg Config) *world {
	return &world{
		rnd: rand.New(rand.NewPCG(cfg.Seed, 0)), trace: sha256.New(), faulty: true,
		now:    time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		server: hub.NewMemory(), truth: newTruth(),
	}
}

func (w *world) result() Result {
	w.res.Trace = hex.EncodeToString(w.trace.Sum(nil))
	return w.res
}

// note adds a fact to the trace.
func (w *world) note(format string, args ...any) { fmt.Fprintf(w.trace, format+"\n", args...) }

// newID makes ids that look like UUIDv7 and follow the order of making.
func (w *world) newID() string {
	w.ids++
	return fmt.Sprintf("0190c0de-%04x-7%03x-8000-%012x", w.ids>>16&0xffff, w.ids&0xfff, w.ids)
}

func (w *world) chance(percent int) bool { return w.rnd.IntN(100) < percent }

// fault is chance, but only while faults are on; it counts them.
func (w *world) fault(percent int) bool {
	if !w.faulty || !w.chance(percent) {
		return false
	}
	w.res.Faults++
	return true
}

// step lets one thing happen.
func (w *world) step(ctx context.Context) error {
	w.stepNo++
	d := w.devices[w.rnd.IntN(len(w.devices))]
	switch n := w.rnd.IntN(100); {
	case n < 30:
		return w.write(ctx, d)
	case n < 72:
		return w.deliver(ctx)
	case n < 88:
		return w.pass(ctx, time.Duration(w.rnd.IntN(3000))*time.Millisecond)
	case n < 91:
		return w.crash(ctx, d)
	case n < 93:
		return w.jump(d)
	case n < 94:
		return w.lock(ctx)
	case n < 96:
		return w.serverWrites(ctx)
	case n < 97:
		return w.clone(ctx, d)
	case n < 98:
		return w.forget(ctx, d)
	}
	return d.step(ctx, connectedEvent)
}

// pass lets time go by and fires what is due.
func (w *world) pass(ctx context.Context, by time.Duration) error {
	w.now = w.now.Add(by)
	for _, d := range w.devices {
		if d.rep.State().Paused && !w.locked { // the refusal was under way when the token was renewed
			if err := d.step(ctx, kickedEvent); err != nil {
				return err
			}
		}
		if err := d.fireDue(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lock makes the server refuse tokens, or ends that.
func (w *world) lock(ctx context.Context) error {
	w.locked = !w.locked && w.faulty
	w.note("locked %v", w.locked)
	if w.locked {
		return nil
	}
	for _, d := range w.devices {
		if err := d.step(ctx, kickedEvent); err != nil {
			return err
		}
	}
	return nil
}

// heal turns the faults off and lets everybody finish.
func (w *world) heal(ctx context.Context) error {
	w.faulty, w.locked = false, false
	for _, d := range w.devices {
		// a device that died while it was being bound asks its user again
		if err := d.step(ctx, replica.Bound{Scope: scope}); err != nil {
			return err
		}
		if err := d.step(ctx, kickedEvent); err != nil {
			return err
		}
	}
	const bound = 20_000 // deliveries; a world needs some hundreds
	quiet := 0
	for range bound {
		if len(w.net) > 0 {
			quiet = 0
			if err := w.deliver(ctx); err != nil {
				return err
			}
			continue
		}
		if quiet++; quiet > 80 {
			return nil // more than a minute with nothing said but polls
		}
		if err := w.pass(ctx, time.Second); err != nil {
			return err
		}
		w.dropIdlePolls()
	}
	return fmt.Errorf("liveness: still %d messages after %d deliveries without faults", len(w.net), bound)
}

// serverWrites lets the server write as it does for chat: it puts the user's
// message itself when the device's push has not arrived, and answers it.
func (w *world) serverWrites(ctx context.Context) error {
	m, ok := w.truth.anyMessage(w.rnd)
	if !ok {
		return nil
	}
	m.OpID = w.newID()
	answer, err := wire.NewCreate("message", w.newID(), map[string]any{
		"conversation_id": m.Fields["conversation_id"], "parent_id": m.ID, "role": "assistant",
		"text": "answer " + w.newID(), "created_at": w.now,
	})
	if err != nil {
		return err
	}
	answer.OpID = w.newID()
	var results []wire.Result
	err = w.server.Update(ctx, func(tx hub.Tx) error {
		results, err = hub.Write(ctx, tx, scope, []wire.Op{m, answer}, w.now)
		return err
	})
	w.note("server writes %v", results)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Code == wire.CodeImmutable {
			return fmt.Errorf("exactly once: the server's copy of a message counts as another one")
		}
	}
	return w.hint()
}
