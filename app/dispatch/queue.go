package dispatch

import (
	"context"
	"time"

	"nexusai/app/localdb"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// Snapshot returns a run with its text so far. Returns fault.NotFound.
func (d *Dispatcher) Snapshot(ctx context.Context, id string) (httpapi.Run, error) {
	if l := d.working(id); l != nil {
		return l.snapshot(), nil
	}
	r, err := d.cfg.DB.Run(ctx, id)
	if err != nil {
		return httpapi.Run{}, err
	}
	return shown(r), nil
}

// shown is how a stored run looks to a page.
func shown(r localdb.Run) httpapi.Run {
	run := httpapi.Run{
		ID: r.ID, ConversationID: r.ConversationID, MessageID: r.MessageID, AnswerID: r.AnswerID, Model: r.Model,
		State: httpapi.RunState(r.State), Text: r.Text, StartedAt: r.CreatedAt,
	}
	switch r.State {
	case "accepting", "waiting", "sending":
		run.State, run.WaitsFor, run.Text = httpapi.RunWaiting, r.WaitsFor, ""
	case "running":
		run.Text = "" // its events begin again at 1
	case "failed":
		run.WaitsFor = r.WaitsFor
	}
	return run
}

func (d *Dispatcher) working(id string) *live {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.live[id]
}

// Active returns the run a thread shows: the newest one that has not ended, or
// whose answer has not arrived. ok is false when there is none.
func (d *Dispatcher) Active(ctx context.Context, conversationID string) (run httpapi.Run, ok bool, err error) {
	r, err := d.cfg.DB.ActiveRun(ctx, conversationID)
	if fault.CodeOf(err) == fault.NotFound {
		return httpapi.Run{}, false, nil
	}
	if err != nil {
		return httpapi.Run{}, false, err
	}
	if l := d.working(r.ID); l != nil {
		return l.snapshot(), true, nil
	}
	return shown(r), true, nil
}

// Answer is the finished message of a run whose node has not arrived by sync
// yet; ok is false when there is none.
func (d *Dispatcher) Answer(id string) (m httpapi.Message, ok bool) {
	l := d.working(id)
	if l == nil {
		return httpapi.Message{}, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil || l.last.message == nil {
		return httpapi.Message{}, false
	}
	return *l.last.message, true
}

// Follow hands fn every event of a run after seq, until it ends. A run that is
// only waiting is followed through its beginning. Returns fault.NotFound.
func (d *Dispatcher) Follow(ctx context.Context, id string, after int64, fn func(httpapi.RunEvent) error) error {
	for {
		l := d.working(id)
		if l != nil {
			if err := l.follow(ctx, after, fn); err != nil || l.over() {
				return err
			}
		}
		r, err := d.cfg.DB.Run(ctx, id)
		if err != nil {
			return err
		}
		if l == nil && (!r.EndedAt.IsZero() || r.State == "failed") {
			state := shown(r)
			return fn(httpapi.RunEvent{RunID: r.ID, ConversationID: r.ConversationID, AnswerID: r.AnswerID, Seq: after + 1, State: state.State})
		}
		if !pause(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// Stop implements httpapi.Chat.
func (d *Dispatcher) Stop(ctx context.Context, id string) (httpapi.Run, error) {
	r, err := d.cfg.DB.Run(ctx, id)
	if err != nil {
		return httpapi.Run{}, err
	}
	l := d.working(id)
	switch {
	case !r.EndedAt.IsZero() || l != nil && l.over():
	case l == nil:
		r.State, r.WaitsFor, r.EndedAt = "stopped", "", d.cfg.Now()
		if err := d.cfg.DB.SaveRun(ctx, r); err != nil {
			return httpapi.Run{}, err
		}
		d.tell(r)
	case r.RemoteID != "":
		// The server ends it; its last event tells every page.
		if _, err := d.cfg.Server.Stop(ctx, r.RemoteID); err != nil {
			return httpapi.Run{}, err
		}
	default:
		l.stop()
	}
	return d.Snapshot(ctx, id)
}

// Queue lists what waits or failed, oldest first.
func (d *Dispatcher) Queue(ctx context.Context) ([]httpapi.QueueItem, error) {
	runs, err := d.cfg.DB.QueuedRuns(ctx)
	if err != nil {
		return nil, err
	}
	items := []httpapi.QueueItem{}
	for _, r := range runs {
		if r.State == "running" {
			continue
		}
		item, err := d.item(ctx, r)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func (d *Dispatcher) item(ctx context.Context, r localdb.Run) (httpapi.QueueItem, error) {
	item := httpapi.QueueItem{MessageID: r.MessageID, ConversationID: r.ConversationID, Model: r.Model, State: r.State, WaitsFor: r.WaitsFor, Since: r.CreatedAt, Attempts: r.Attempts}
	if r.State == "accepting" {
		item.State = "waiting"
	}
	path, err := d.cfg.DB.Path(ctx, r.MessageID)
	if err != nil {
		return item, err
	}
	if len(path) > 0 {
		item.Text = firstRunes(path[len(path)-1].Text, 200)
	}
	c, err := d.cfg.DB.Conversation(ctx, r.ConversationID)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return item, err
	}
	item.Title = c.Title
	return item, nil
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// queued finds the run of a message that is in the queue.
func (d *Dispatcher) queued(ctx context.Context, messageID string) (localdb.Run, error) {
	runs, err := d.cfg.DB.QueuedRuns(ctx)
	if err != nil {
		return localdb.Run{}, err
	}
	for _, r := range runs {
		if r.MessageID == messageID {
			return r, nil
		}
	}
	return localdb.Run{}, fault.New(fault.NotFound, "This message is not in the queue.", nil)
}

// Retry sends a queued message now. Returns fault.NotFound.
func (d *Dispatcher) Retry(ctx context.Context, messageID string) error {
	r, err := d.queued(ctx, messageID)
	if err != nil {
		return err
	}
	return d.retry(ctx, r)
}

func (d *Dispatcher) retry(ctx context.Context, r localdb.Run) error {
	if l := d.working(r.ID); l != nil && !l.over() {
		return nil // it is on its way
	}
	d.forget(r.ID)
	if r.State == "failed" && r.RemoteID != "" {
		// The server remembers that failure under the same key; a new wish is
		// what makes it try again.
		next := r
		next.ID, next.Regenerate, next.RemoteID, next.AnswerID, next.Attempts = d.cfg.NewID(), d.cfg.NewID(), "", "", 0
		next.State, next.WaitsFor, next.NextAt, next.CreatedAt = "waiting", "", time.Time{}, d.cfg.Now()
		r.State, r.EndedAt = "stopped", d.cfg.Now()
		if _, err := d.cfg.DB.AddRun(ctx, next); err != nil {
			return err
		}
	} else {
		r.State, r.WaitsFor, r.NextAt, r.Attempts = "waiting", "", time.Time{}, 0
	}
	if err := d.cfg.DB.SaveRun(ctx, r); err != nil {
		return err
	}
	d.tell(r)
	d.Kick()
	return nil
}

func (d *Dispatcher) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.live, id)
}

// Drop takes a message that no model has seen back into its draft; what is
// being sent can only be stopped. Returns fault.NotFound or fault.Conflict.
func (d *Dispatcher) Drop(ctx context.Context, messageID string) error {
	r, err := d.queued(ctx, messageID)
	if err != nil {
		return err
	}
	if l := d.working(r.ID); l != nil && !l.over() {
		return fault.New(fault.Conflict, "This message is being sent.", nil).WithHint("Stop it instead.")
	}
	path, err := d.cfg.DB.Path(ctx, messageID)
	if err != nil {
		return err
	}
	if r.Regenerate == "" && len(path) > 0 {
		if err := d.intoDraft(ctx, r.ConversationID, path[len(path)-1].Text); err != nil {
			return err
		}
	}
	d.forget(r.ID)
	if err := d.cfg.DB.Withdraw(ctx, r); err != nil {
		return err
	}
	d.tell(r)
	d.cfg.Pages.Hint("conversations", r.ConversationID)
	return nil
}

// intoDraft puts a text before what the draft holds already.
func (d *Dispatcher) intoDraft(ctx context.Context, conversationID, text string) error {
	_, _, has, err := d.cfg.DB.Known(ctx, conversationID, "")
	if err != nil {
		return err
	}
	old, err := d.cfg.DB.Draft(ctx, conversationID)
	if err != nil {
		return err
	}
	if old != "" && old != text {
		text += "\n\n" + old
	}
	return d.SaveDraft(ctx, conversationID, text, has)
}

// SaveDraft stores the unsent text; exists tells whether there is a draft row.
func (d *Dispatcher) SaveDraft(ctx context.Context, conversationID, text string, exists bool) error {
	fields := map[string]any{"text": text, "updated_at": entity.FormatTime(d.cfg.Now())}
	op, err := wire.NewCreate(entity.Drafts, conversationID, fields)
	if exists {
		op, err = wire.NewUpdate(entity.Drafts, conversationID, fields)
	}
	if err != nil {
		return err
	}
	return localdb.Explain(d.cfg.Journal.Write(ctx, op))
}
