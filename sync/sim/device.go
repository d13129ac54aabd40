package sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"nexusai/sync/merge"
	"nexusai/sync/replica"
)

var (
	kickedEvent    = replica.Kicked{}
	connectedEvent = replica.Connected{}
)

// device is one database with the process that has it open.
type device struct {
	w      *world
	name   string
	store  *replica.Memory
	rep    *replica.Replica
	life   int // grows with every restart: answers to an earlier life are lost
	skew   time.Duration
	timers map[string]time.Time
	acked  []string // op_ids acknowledged on this database or the one it was copied from
}

func (w *world) addDevice(ctx context.Context) error {
	d := &device{w: w, name: fmt.Sprint("d", len(w.devices)), store: replica.NewMemory()}
	w.devices = append(w.devices, d)
	d.skew = w.skew()
	if err := d.boot(ctx); err != nil {
		return err
	}
	return d.step(ctx, replica.Bound{Scope: scope})
}

// skew is how wrong a clock is: mostly a little, sometimes by ten years.
func (w *world) skew() time.Duration {
	if w.chance(30) {
		return time.Duration(w.rnd.Int64N(2*87600)-87600) * time.Hour
	}
	return time.Duration(w.rnd.Int64N(20_000)-10_000) * time.Millisecond
}

func (d *device) now() time.Time { return d.w.now.Add(d.skew) }

// boot starts a process on the database as it is.
func (d *device) boot(ctx context.Context) error {
	d.life++
	d.timers = map[string]time.Time{}
	d.store.Crash = func() bool { return d.w.fault(1) }
	rep, err := replica.New(replica.Config{
		Store: d.store, NewID: d.w.newID, Rand: rand.New(rand.NewPCG(d.w.rnd.Uint64(), 0)),
	})
	if err != nil {
		return err
	}
	d.rep = rep
	return d.step(ctx, replica.Started{})
}

// step gives the machine an event and does what it asks for. A crash in the
// middle of a transaction starts the process anew.
func (d *device) step(ctx context.Context, ev replica.Event) error {
	_, err := d.try(ctx, ev)
	return err
}

// try is step, and says whether the event was carried out.
func (d *device) try(ctx context.Context, ev replica.Event) (bool, error) {
	effects, err := d.rep.Step(ctx, d.now(), ev)
	d.w.note("%s %T %+v", d.name, ev, brief(ev))
	if errors.Is(err, replica.ErrCrashed) {
		d.w.note("%s crashed", d.name)
		return false, d.boot(ctx)
	}
	if refused, ok := errors.AsType[*merge.Refused](err); ok {
		d.w.note("%s %s", d.name, refused.Code)
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s %T: %w", d.name, ev, err)
	}
	for _, eff := range effects {
		d.do(eff)
	}
	return true, nil
}

func brief(ev replica.Event) any {
	switch ev := ev.(type) {
	case replica.Wrote:
		return ev.Ops
	case replica.Pushed:
		return ev.Resp
	case replica.Pulled:
		return ev.Page.End
	}
	return ev
}

func (d *device) do(eff replica.Effect) {
	switch eff := eff.(type) {
	case replica.SendPush:
		d.w.send(packet{from: d, life: d.life, n: eff.N, push: &eff.Req})
	case replica.SendPull:
		d.w.send(packet{from: d, life: d.life, n: eff.N, pull: &eff.Req})
	case replica.SetTimer:
		d.timers[eff.Key] = d.w.now.Add(eff.After)
	}
}

func (d *device) fireDue(ctx context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(d.timers)) {
		at, ok := d.timers[key]
		if !ok || at.After(d.w.now) {
			continue
		}
		delete(d.timers, key)
		if err := d.step(ctx, replica.Fired{Key: key}); err != nil {
			return err
		}
	}
	return nil
}

// crash kills the process; the database stays.
func (w *world) crash(ctx context.Context, d *device) error {
	if !w.fault(100) {
		return nil
	}
	if err := w.durable(d); err != nil {
		return err
	}
	if err := d.boot(ctx); err != nil {
		return err
	}
	return w.durable(d)
}

func (w *world) jump(d *device) error {
	if w.fault(100) {
		d.skew = w.skew()
		w.note("%s clock %s", d.name, d.skew)
	}
	return nil
}

// clone copies a database, as a backup restored on a second machine does.
func (w *world) clone(ctx context.Context, d *device) error {
	if len(w.devices) > 5 || !w.fault(100) {
		return nil
	}
	c := &device{w: w, name: fmt.Sprint("d", len(w.devices)), store: d.store.Copy(), skew: w.skew(), acked: slices.Clone(d.acked)}
	w.devices = append(w.devices, c)
	w.note("%s is a copy of %s", c.name, d.name)
	return c.boot(ctx)
}

// forget damages a confirmed row, so that the sums must find it.
func (w *world) forget(ctx context.Context, d *device) error {
	if !w.fault(50) {
		return nil
	}
	err := d.store.Update(ctx, func(tx replica.Tx) error {
		m, err := tx.Meta(ctx)
		if err != nil {
			return err
		}
		m.Sum = m.Sum.Swap("conversation", "0190c0de-0000-7000-8000-ffffffffffff", 0, 1)
		return tx.PutMeta(ctx, m)
	})
	if errors.Is(err, replica.ErrCrashed) {
		return nil
	}
	w.note("%s forgets", d.name)
	return err
}
