package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/server/calllog"
	"nexusai/server/edge"
	"nexusai/server/ledger"
	"nexusai/server/stream"
)

// active is a run in this process.
type active struct {
	runs   *Runs
	row    *row
	caller httpapi.Caller
	log    *stream.Log
	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when the answer is stored and told
}

var (
	errStopped = errors.New("stopped by the user")
	errTooLong = errors.New("the answer is as long as a message can be")
)

// begin starts the run; admit has counted it.
func (r *Runs) begin(ctx context.Context, caller httpapi.Caller, w *row) *active {
	// The request's end must not cancel the run; the server's does.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	unlink := context.AfterFunc(r.life, func() { cancel(context.Cause(r.life)) })
	a := &active{runs: r, row: w, caller: caller, cancel: cancel, ended: make(chan struct{})}
	a.log = r.Bus.Open(stream.Subject{TenantID: w.tenant, UserID: w.user, RunID: w.id, ConversationID: w.conversation, Answer: w.answer})
	r.mu.Lock()
	r.active[w.id] = a
	r.mu.Unlock()
	go func() {
		defer unlink()
		defer cancel(nil)
		a.write(httpapi.WithCaller(ctx, caller))
		r.mu.Lock()
		delete(r.active, w.id)
		r.mu.Unlock()
		close(a.ended)
		r.dismiss(asker{w.tenant, w.user})
	}()
	return a
}

// write asks the model and stores what it said.
func (a *active) write(ctx context.Context) {
	r := a.runs
	record := r.Calls.Begin(calllog.Call{
		TenantID: a.row.tenant, Surface: "chat", Operation: "chat", Model: a.row.model, UserID: a.row.user, ConversationID: a.row.conversation,
		Streamed: true, RequestID: edge.RequestID(ctx),
	})
	var report broker.Report
	var done llm.Completion
	tail := &tail{commit: a.log.Append}
	request, err := r.prompt(ctx, a.row)
	if err == nil {
		stop := a.checkpoints(ctx)
		done, report, err = r.Broker.ChatWithReport(ctx, request, broker.Options{CallID: record.ID(), Affinity: a.row.conversation}, tail.push)
		tail.flush()
		stop()
	}
	text, _ := a.log.Snapshot()
	a.row.text = text
	out := a.verdict(ctx, done.Finish, err)
	cost := record.End(calllog.OutcomeOf(report, out.cause, func(last broker.Attempt) (string, ledger.Price) {
		return r.Fleet.Settle(context.WithoutCancel(ctx), a.row.tenant, a.row.model, last)
	}))
	out.usage = report.Delivered // over a rescue both halves
	if last, ok := report.Last(); ok && out.usage == (llm.Usage{}) {
		out.usage = last.Usage
	}
	out.cost = cost
	a.conclude(context.WithoutCancel(ctx), out)
}

// outcome is how a run ended.
type outcome struct {
	state  httpapi.RunState
	finish string
	cause  error // nil: well
	usage  llm.Usage
	cost   int64
}

func (a *active) verdict(ctx context.Context, finish llm.Finish, err error) outcome {
	cause := context.Cause(ctx)
	switch {
	case err == nil && finish == llm.FinishLength:
		return outcome{state: httpapi.RunDone, finish: "length"}
	case err == nil:
		return outcome{state: httpapi.RunDone, finish: "stop"}
	case errors.Is(err, errTooLong):
		return outcome{state: httpapi.RunDone, finish: "length"}
	case errors.Is(cause, errStopped):
		return outcome{state: httpapi.RunStopped, finish: "stopped", cause: fault.New(fault.Canceled, "You stopped this answer.", cause)}
	case cause != nil && fault.CodeOf(cause) == Interrupted:
		return outcome{state: httpapi.RunFailed, finish: "error", cause: cause}
	}
	f := fault.From(err)
	if f.Code == fault.Internal {
		shown := *f
		shown.ID = a.runs.NewID()[24:]
		a.runs.Log.ErrorContext(ctx, "answer failed", "run_id", a.row.id, "tenant_id", a.row.tenant, "fault_id", shown.ID, "err", fault.Cause(err))
		f = &shown
	}
	return outcome{state: httpapi.RunFailed, finish: "error", cause: f}
}

// checkpoints stores the text so far every now and then, which also keeps the
// lease. The returned function stops and waits.
func (a *active) checkpoints(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(checkpointEvery)
		defer tick.Stop()
		stored, kept := int64(0), a.runs.Now()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			text, seq := a.log.Snapshot()
			if seq == stored && a.runs.Now().Sub(kept) < leaseFor/3 {
				continue
			}
			if err := a.runs.checkpoint(ctx, a.row, text, seq); err != nil {
				if ctx.Err() == nil {
					a.runs.Log.WarnContext(ctx, "checkpoint not stored", "run_id", a.row.id, "err", fault.Cause(err))
				}
				continue
			}
			stored, kept = seq, a.runs.Now()
		}
	})
	return func() { cancel(); done.Wait() }
}

// show is the run as its clients see it now.
func (a *active) show() httpapi.Run {
	text, seq := a.log.Snapshot()
	w := a.row
	return httpapi.Run{
		ID: w.id, ConversationID: w.conversation, MessageID: w.message, AnswerID: w.answer, Model: w.model,
		State: httpapi.RunRunning, Text: text, Seq: seq, StartedAt: w.started,
	}
}
