package run

import (
	"context"
	"slices"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/replication"
	"nexusai/server/stream"
	"nexusai/sync/entity"
)

var _ stream.Past = (*Runs)(nil)

// stopWithin is how long Stop waits for the answer to be stored; after it the
// run is shown as it is.
const stopWithin = 3 * time.Second

// Get returns a run of the caller's with its text so far.
func (r *Runs) Get(ctx context.Context, caller httpapi.Caller, id string) (httpapi.Run, error) {
	if a := r.mine(caller, id); a != nil {
		return a.show(), nil
	}
	w, err := r.find(ctx, selectByID, caller.TenantID, caller.UserID, id)
	if err != nil {
		return httpapi.Run{}, err
	}
	return r.show(ctx, w)
}

// Stop ends a run of the caller's and keeps what was written. A run that has
// ended stays as it is.
func (r *Runs) Stop(ctx context.Context, caller httpapi.Caller, id string) (httpapi.Run, error) {
	if a := r.mine(caller, id); a != nil {
		a.cancel(errStopped)
		waiting, cancel := context.WithTimeout(ctx, stopWithin)
		defer cancel()
		select {
		case <-a.ended:
		case <-waiting.Done():
		}
	}
	return r.Get(ctx, caller, id)
}

func (r *Runs) mine(caller httpapi.Caller, id string) *active {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.active[id]
	if a == nil || a.row.tenant != caller.TenantID || a.row.user != caller.UserID {
		return nil
	}
	return a
}

// show is a stored run; if this process writes it, with its newest text.
func (r *Runs) show(ctx context.Context, w *row) (httpapi.Run, error) {
	r.mu.Lock()
	a := r.active[w.id]
	r.mu.Unlock()
	if a != nil {
		return a.show(), nil
	}
	out := httpapi.Run{
		ID: w.id, ConversationID: w.conversation, MessageID: w.message, AnswerID: w.answer, Model: w.model,
		State: w.state, Text: w.text, Seq: w.seq, StartedAt: w.started,
	}
	if w.state == httpapi.RunRunning {
		return out, nil
	}
	m, err := r.answer(ctx, w)
	out.Text = m.Text
	return out, err
}

// Ended implements stream.Past: the last event of a run that is not in memory.
func (r *Runs) Ended(ctx context.Context, runID string) (httpapi.RunEvent, error) {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return httpapi.RunEvent{}, err
	}
	w, err := r.find(ctx, selectByID, caller.TenantID, caller.UserID, runID)
	if err != nil {
		return httpapi.RunEvent{}, err
	}
	if w.state == httpapi.RunRunning { // its process is gone, or is another one
		f := fault.New(fault.Unavailable, "This answer cannot be followed right now.", nil)
		f.RetryAfter = 2 * time.Second
		return httpapi.RunEvent{}, f
	}
	m, err := r.answer(ctx, w)
	if err != nil {
		return httpapi.RunEvent{}, err
	}
	e := httpapi.RunEvent{RunID: w.id, ConversationID: w.conversation, AnswerID: w.answer, Seq: w.seq, State: w.state, Message: &m}
	if w.state == httpapi.RunFailed {
		e.Problem = httpapi.ProblemOf(fault.New(fault.Code(w.code), "This answer failed.", nil))
	}
	return e, nil
}

// answer reads the node that a run has written; without one, because its
// conversation is gone, it is empty.
func (r *Runs) answer(ctx context.Context, w *row) (httpapi.Message, error) {
	all, err := r.Threads.Messages(ctx, w.tenant, replication.UserScope(w.user), w.conversation)
	if err != nil {
		return httpapi.Message{}, err
	}
	i := slices.IndexFunc(all, func(m entity.Message) bool { return m.ID == w.answer })
	if i < 0 {
		return httpapi.Message{ID: w.answer, ConversationID: w.conversation, ParentID: w.message, Role: "assistant", RunID: w.id}, nil
	}
	return Message(all[i]), nil
}
