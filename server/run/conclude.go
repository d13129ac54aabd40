package run

import (
	"context"
	"fmt"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/replication"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

const (
	firstPause = 200 * time.Millisecond
	longPause  = 5 * time.Second
	// patience is how long a finished answer waits for a database that is away.
	patience = 10 * time.Minute
	// lastPatience is the same while the server shuts down; then the checkpoint
	// is what the next start finds.
	lastPatience = 5 * time.Second
)

// conclude stores the answer and tells everybody.
func (a *active) conclude(ctx context.Context, out outcome) {
	r := a.runs
	message := a.row.answerMessage(out)
	_, seq := a.log.Snapshot()
	a.row.state, a.row.code = out.state, message.ErrorCode
	err := a.insist(ctx, func(ctx context.Context) error { return r.storeAnswer(ctx, a.row, message, seq+1, r.Now()) })
	if err != nil {
		r.Log.ErrorContext(ctx, "answer not stored", "run_id", a.row.id, "tenant_id", a.row.tenant, "err", fault.Cause(err))
	}
	shown := Message(message)
	var problem *httpapi.Problem
	if out.cause != nil && out.state == httpapi.RunFailed {
		problem = httpapi.ProblemOf(out.cause)
	}
	a.log.End(out.state, &shown, problem)
	r.Bus.HintUser(a.row.tenant, a.row.user, httpapi.Hint{Topic: "conversations", ID: a.row.conversation}, httpapi.Hint{Topic: "thread", ID: a.row.conversation})
}

// insist repeats fn, which must bear that, until it succeeds or patience ends.
func (a *active) insist(ctx context.Context, fn func(context.Context) error) error {
	began := a.runs.Now()
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		attempt, cancel := context.WithTimeout(ctx, storeWithin)
		err := fn(attempt)
		cancel()
		limit := patience
		if a.runs.life.Err() != nil {
			limit = lastPatience
		}
		if err == nil || fault.CodeOf(err) == fault.Internal || a.runs.Now().Sub(began) > limit {
			return err
		}
		a.runs.Log.WarnContext(ctx, "answer waits for the database", "run_id", a.row.id, "err", fault.Cause(err))
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-a.runs.life.Done():
			timer.Stop()
			time.Sleep(min(pause, firstPause)) // already ending: only a short breath between tries
		}
	}
}

// answerMessage is the node that the run writes.
func (w *row) answerMessage(out outcome) entity.Message {
	m := entity.Message{
		ID: w.answer, ConversationID: w.conversation, ParentID: &w.message, Role: "assistant", Text: w.text, Model: w.model,
		Finish: out.finish, InputTokens: int64(out.usage.Input), OutputTokens: int64(out.usage.Output), CostNanoUSD: out.cost,
		RunID: &w.id, CreatedAt: w.started,
	}
	if out.finish == "error" {
		m.ErrorCode = string(fault.CodeOf(out.cause))
	}
	return m
}

// storeAnswer writes the node and then ends the run's row; it may be repeated.
// A node that is there with other words was written by the process before us.
func (r *Runs) storeAnswer(ctx context.Context, w *row, m entity.Message, seq int64, now time.Time) error {
	node, err := wire.NewCreate(entity.Messages, m.ID, m)
	if err != nil {
		return err
	}
	moved, err := wire.NewUpdate(entity.Conversations, w.conversation, map[string]any{"last_at": entity.FormatTime(now)})
	if err != nil {
		return err
	}
	results, err := r.Threads.Write(ctx, w.tenant, replication.UserScope(w.user), node, moved)
	if err != nil {
		return fmt.Errorf("store an answer: %w", err)
	}
	if first := results[0]; first.Status == wire.Rejected && first.Code != wire.CodeImmutable {
		r.Log.WarnContext(ctx, "answer refused", "run_id", w.id, "code", first.Code) // its conversation is gone for good
	}
	return r.finish(ctx, w, seq)
}

// recover ends the runs that their process cannot end any more, keeping the
// text of their last checkpoint.
func (r *Runs) recover(ctx context.Context, owner string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	found, err := r.orphans(ctx, owner)
	if err != nil {
		return err
	}
	for _, pair := range found {
		if r.isActive(pair[1]) {
			continue
		}
		w, err := r.find(ctx, selectAny, pair[0], pair[1])
		if err != nil {
			return err
		}
		out := outcome{state: httpapi.RunFailed, finish: "error", cause: errShutdown}
		w.state, w.code = out.state, string(Interrupted)
		if err := r.storeAnswer(ctx, w, w.answerMessage(out), w.seq+1, r.Now()); err != nil {
			return err
		}
		r.Log.InfoContext(ctx, "interrupted answer ended", "run_id", w.id, "tenant_id", w.tenant, "bytes", len(w.text))
		r.Bus.HintUser(w.tenant, w.user, httpapi.Hint{Topic: "thread", ID: w.conversation})
	}
	return nil
}

func (r *Runs) isActive(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.active[id] != nil
}

// Message is a stored node as the contract has it.
func Message(m entity.Message) httpapi.Message {
	out := httpapi.Message{
		ID: m.ID, ConversationID: m.ConversationID, Role: m.Role, Text: m.Text, Model: m.Model, Finish: m.Finish, ErrorCode: m.ErrorCode,
		InputTokens: int(m.InputTokens), OutputTokens: int(m.OutputTokens), CostNanoUSD: m.CostNanoUSD, CreatedAt: m.CreatedAt, State: "sent",
	}
	if m.ParentID != nil {
		out.ParentID = *m.ParentID
	}
	if m.RunID != nil {
		out.RunID = *m.RunID
	}
	return out
}
