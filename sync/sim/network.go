package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"nexusai/sync/hub"
	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

// packet is a request, an answer or a hint on its way.
type packet struct {
	from *device // who asked, and who gets answer or hint
	life int
	n    int
	push *wire.PushRequest
	pull *wire.PullRequest
	ev   replica.Event // an answer or a hint
}

func (p packet) String() string {
	switch {
	case p.push != nil:
		return fmt.Sprintf("%s push %d", p.from.name, p.n)
	case p.pull != nil:
		return fmt.Sprintf("%s pull %d", p.from.name, p.n)
	}
	return fmt.Sprintf("%s %T", p.from.name, p.ev)
}

func (w *world) send(p packet) { w.net = append(w.net, p) }

// deliver takes any packet off the network: order is chance.
func (w *world) deliver(ctx context.Context) error {
	if len(w.net) == 0 {
		return nil
	}
	i := 0
	if w.faulty {
		i = w.rnd.IntN(len(w.net))
	}
	p := w.net[i]
	if !w.fault(8) { // else it stays and arrives once more
		w.net = append(w.net[:i], w.net[i+1:]...)
	}
	if w.fault(12) {
		w.note("lost %s", p)
		return w.timeout(ctx, p)
	}
	w.note("deliver %s", p)
	switch {
	case p.push != nil:
		return w.serverPush(ctx, p)
	case p.pull != nil:
		return w.serverPull(ctx, p)
	case p.life != p.from.life:
		return nil
	}
	return p.from.step(ctx, p.ev)
}

// timeout is what a device notices of a lost packet.
func (w *world) timeout(ctx context.Context, p packet) error {
	if p.life != p.from.life {
		return nil
	}
	failed := &replica.Failure{}
	switch ev := p.ev.(type) {
	case nil:
		if p.push != nil {
			return p.from.step(ctx, replica.Pushed{N: p.n, Failed: failed})
		}
		return p.from.step(ctx, replica.Pulled{N: p.n, Failed: failed})
	case replica.Pushed:
		return p.from.step(ctx, replica.Pushed{N: ev.N, Failed: failed})
	case replica.Pulled:
		return p.from.step(ctx, replica.Pulled{N: ev.N, Failed: failed})
	}
	return nil // a hint: nobody notices
}

func (w *world) answer(p packet, ev replica.Event) {
	w.send(packet{from: p.from, life: p.life, n: p.n, ev: ev})
}

var errRollback = errors.New("roll back")

func (w *world) serverPush(ctx context.Context, p packet) error {
	if w.locked {
		w.answer(p, replica.Pushed{N: p.n, Failed: &replica.Failure{Kind: replica.Unauthorized}})
		return nil
	}
	body, err := json.Marshal(p.push)
	if err != nil {
		return err
	}
	req, err := wire.DecodePush(body)
	if err != nil {
		return fmt.Errorf("the device sent what the server refuses: %w", err)
	}
	out := replica.Pushed{N: p.n}
	err = w.server.Update(ctx, func(tx hub.Tx) error {
		resp, err := hub.Push(ctx, tx, req, w.now)
		out.Resp = resp
		if err == nil && resp.Forked {
			return errRollback
		}
		if err == nil && w.fault(2) {
			out.Failed = &replica.Failure{} // the database died before the commit
			return errRollback
		}
		return err
	})
	if gap, ok := errors.AsType[*hub.GapError](err); ok {
		out.Failed = &replica.Failure{Kind: replica.Gap, Want: gap.Want}
		err = nil
	}
	if err != nil && !errors.Is(err, errRollback) {
		return err
	}
	w.note("results %v %+v", out.Resp, out.Failed)
	if w.fault(6) { // the server restarts between apply and reply
		return w.timeout(ctx, p)
	}
	w.answer(p, out)
	return w.hint()
}

func (w *world) serverPull(ctx context.Context, p packet) error {
	if w.locked {
		w.answer(p, replica.Pulled{N: p.n, Failed: &replica.Failure{Kind: replica.Unauthorized}})
		return nil
	}
	req := *p.pull
	req.Max = 1 + w.rnd.IntN(20) // small pages, to have many
	var page wire.Page
	err := w.server.View(ctx, func(tx hub.Reader) (err error) {
		page, err = hub.Pull(ctx, tx, req)
		return err
	})
	if err != nil {
		return err
	}
	w.answer(p, replica.Pulled{N: p.n, Page: page})
	return nil
}

// hint tells every device where the log ends.
func (w *world) hint() error {
	var head hub.Head
	err := w.server.View(context.Background(), func(tx hub.Reader) (err error) {
		head, err = tx.Head(context.Background())
		return err
	})
	for _, d := range w.devices {
		w.send(packet{from: d, life: d.life, ev: replica.Hinted{Hint: wire.Hint{Scope: scope, Head: head.Seq}}})
	}
	return err
}

// dropIdlePolls keeps healing from being kept alive by polls that find nothing:
// a poll is due every 30 seconds for ever.
func (w *world) dropIdlePolls() {
	for _, d := range w.devices {
		if at, ok := d.timers["pull"]; ok && at.Sub(w.now).Seconds() > 20 && d.rep.State().Pulls > 0 && !d.rep.State().Failing {
			delete(d.timers, "pull")
		}
	}
}
