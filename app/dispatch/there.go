package dispatch

import (
	"context"
	"errors"
	"time"

	"nexusai/app/localdb"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// reattach is the pause before a broken stream is followed again.
const reattach = 500 * time.Millisecond

// runThere asks the server, which owns the run: this side only follows it. The
// message's id makes a repeat of the question harmless.
func (d *Dispatcher) runThere(ctx context.Context, l *live, r localdb.Run) {
	if r.RemoteID == "" {
		r.State = "sending"
		d.save(ctx, r)
	}
	d.pushFirst(ctx, r.ConversationID)
	started, err := d.ask(ctx, r)
	if err != nil {
		d.notStarted(ctx, l, r, err)
		return
	}
	r.State, r.WaitsFor, r.RemoteID, r.AnswerID = "running", "", started.ID, started.AnswerID
	d.save(ctx, r)
	l.start(r.AnswerID)
	last, err := d.followRemote(ctx, l, r.RemoteID)
	if code := fault.CodeOf(err); code == fault.NotFound || code == fault.Gone {
		// The server was restored from a time before this run: ask again.
		r.RemoteID = ""
		d.postpone(ctx, r, err)
		return
	}
	if err != nil {
		d.notStarted(ctx, l, r, err)
		return
	}
	d.endRemote(ctx, l, r, last)
}

// pushFirst lets sync carry what the message hangs on to the server first. It
// is a courtesy with a limit: the server answers what it has.
func (d *Dispatcher) pushFirst(ctx context.Context, conversationID string) {
	d.cfg.Journal.Kick()
	end := d.cfg.Now().Add(d.cfg.Settle)
	for d.cfg.Now().Before(end) {
		left, err := d.cfg.DB.UnconfirmedIn(ctx, conversationID)
		if err != nil || !left || !pause(ctx, 20*time.Millisecond) {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (d *Dispatcher) ask(ctx context.Context, r localdb.Run) (httpapi.Run, error) {
	req := httpapi.ChatRequest{ConversationID: r.ConversationID, MessageID: r.MessageID, Model: r.Model, Regenerate: r.Regenerate}
	path, err := d.cfg.DB.Path(ctx, r.MessageID)
	if err != nil {
		return httpapi.Run{}, err
	}
	if len(path) == 0 {
		return httpapi.Run{}, fault.New(fault.NotFound, "The message is not on this device any more.", nil)
	}
	last := path[len(path)-1]
	req.ParentID = last.ParentID
	if r.Regenerate == "" {
		req.Text = last.Text
	}
	return d.cfg.Server.Chat(ctx, req)
}

// notStarted decides what an error means: the route is away and the run waits,
// or the answer is no and the person decides.
func (d *Dispatcher) notStarted(ctx context.Context, l *live, r localdb.Run, err error) {
	switch {
	case l.wasStopped():
		d.endStopped(ctx, l, r)
	case ctx.Err() != nil:
		// The app is closing: the row leads on at the next start.
	case transient(err):
		d.postpone(ctx, r, err)
	default:
		d.fail(ctx, l, r, err)
	}
}

// transient errors heal by waiting.
func transient(err error) bool {
	switch fault.CodeOf(err) {
	case "route.offline", "route.signed_out", "route.no_server", fault.RateLimited, fault.Unavailable, fault.Timeout,
		fault.ModelUnready, fault.Internal, fault.DiskFull, fault.Unauthenticated, fault.TokenExpired:
		return true
	}
	return false
}

// followRemote relays the server's run until it ends, over any number of
// broken connections. Every piece passes exactly once: the server numbers them.
func (d *Dispatcher) followRemote(ctx context.Context, l *live, remoteID string) (httpapi.RunEvent, error) {
	var last httpapi.RunEvent
	for {
		err := d.cfg.Server.Stream(ctx, remoteID, last.Seq, func(e httpapi.RunEvent) error {
			if e.Seq <= last.Seq {
				return nil
			}
			last = e
			l.push(e.Text)
			return nil
		})
		if final(last.State) {
			return last, nil
		}
		if err == nil {
			err = errors.New("the stream ended before the run")
		}
		if ctx.Err() != nil || !reattachable(err) {
			return last, err
		}
		if !pause(ctx, reattach) {
			return last, ctx.Err()
		}
	}
}

// reattachable: the run lives on without us.
func reattachable(err error) bool {
	code := fault.CodeOf(err)
	return code != fault.NotFound && code != fault.Gone && (transient(err) || code == "server.strange")
}

// endRemote records how the server's run ended. Its answer node comes by sync;
// until then the row keeps the text, so that a restart shows it.
func (d *Dispatcher) endRemote(ctx context.Context, l *live, r localdb.Run, last httpapi.RunEvent) {
	if last.AnswerID != "" {
		r.AnswerID = last.AnswerID
	}
	if last.State == httpapi.RunFailed && last.Message == nil {
		f := fault.New(fault.UpstreamFailed, "The model did not answer.", nil)
		if last.Problem != nil {
			f = last.Problem.Fault(nil)
		}
		d.fail(ctx, l, r, f)
		return
	}
	r.Text = l.text()
	if last.Message != nil {
		r.Text = last.Message.Text
	}
	r.State, r.WaitsFor, r.EndedAt = "done", "", d.cfg.Now()
	d.save(ctx, r)
	d.cfg.Journal.Kick()
	l.end(last.State, last.Message, last.Problem)
	d.tell(r)
	d.cfg.Pages.Hint("conversations", r.ConversationID)
}

// endStopped ends a run that the person stopped and that left no answer.
func (d *Dispatcher) endStopped(ctx context.Context, l *live, r localdb.Run) {
	r.State, r.WaitsFor, r.EndedAt = "stopped", "", d.cfg.Now()
	d.save(ctx, r)
	l.end(httpapi.RunStopped, nil, nil)
	d.tell(r)
}
