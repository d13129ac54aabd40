package dispatch

import (
	"context"
	"strings"
	"time"

	"nexusai/app/localdb"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// maxAttempts is how often a run that ended badly here is begun again before
// its end is written down as an error.
const maxAttempts = 3

// runHere lets this device's own engine answer, and writes the answer node.
func (d *Dispatcher) runHere(ctx context.Context, l *live, r localdb.Run) {
	client, tokens, err := d.cfg.Engine.Open(ctx, strings.TrimPrefix(r.Model, LocalPrefix))
	if err != nil && r.Text != "" && !transient(err) {
		// It was being written when the app ended, and cannot be begun anew: what
		// there is of it stays, as after any other interruption.
		d.writeAnswer(ctx, l, r, answer(r.Text, "error", "run.interrupted", llm.Usage{}), httpapi.ProblemOf(err))
		return
	}
	if err != nil {
		d.notStarted(ctx, l, r, err)
		return
	}
	path, err := d.cfg.DB.Path(ctx, r.MessageID)
	if err == nil && len(path) == 0 {
		err = fault.New(fault.NotFound, "The message is not on this device any more.", nil)
	}
	if err != nil {
		d.notStarted(ctx, l, r, err)
		return
	}
	if r.AnswerID == "" {
		r.AnswerID = d.cfg.NewID()
	}
	// Attempts also counts beginnings that a crash cut off.
	r.State, r.WaitsFor, r.Text, r.Attempts = "running", "", "", r.Attempts+1
	d.save(ctx, r)
	req := request(path, tokens)
	req.Model = strings.TrimPrefix(r.Model, LocalPrefix)
	keeper := &keeper{d: d, run: r, every: d.cfg.Checkpoint}
	done, err := client.Chat(ctx, req, func(delta llm.Delta) error {
		if delta.Text == "" {
			return nil
		}
		l.start(r.AnswerID) // the first piece: until then the model is being loaded
		l.push(delta.Text)
		keeper.keep(ctx, l)
		return nil
	})
	d.endHere(ctx, l, r, done, err)
}

// keeper stores the text so far now and then.
type keeper struct {
	d     *Dispatcher
	run   localdb.Run
	every time.Duration
	last  time.Time
}

func (k *keeper) keep(ctx context.Context, l *live) {
	now := k.d.cfg.Now()
	if now.Sub(k.last) < k.every {
		return
	}
	k.last = now
	k.run.Text = l.text()
	if err := k.d.cfg.DB.SaveRun(ctx, k.run); err != nil {
		k.d.cfg.Log.WarnContext(ctx, "checkpoint not saved", "run_id", k.run.ID, "err", fault.Cause(err))
	}
}

// request fits the thread into the model: the newest messages that leave room
// for an answer. A token is taken for three bytes, which is careful for
// European languages.
func request(path []localdb.Node, tokens int) llm.ChatRequest {
	answer := max(tokens/3, 256)
	room := max(tokens-answer-64, 256) * 3
	from := len(path) - 1
	used := len(path[from].Text)
	for from > 0 && used+len(path[from-1].Text)+16 <= room {
		from--
		used += len(path[from].Text) + 16
	}
	return llm.ChatRequest{Messages: localdb.Prompt(path[from:]), MaxTokens: answer}
}

func (d *Dispatcher) endHere(ctx context.Context, l *live, r localdb.Run, done llm.Completion, err error) {
	text := done.Text
	if text == "" {
		text = l.text()
	}
	switch {
	case l.wasStopped() && text == "":
		d.endStopped(ctx, l, r)
	case l.wasStopped():
		d.writeAnswer(ctx, l, r, answer(text, "stopped", "", done.Usage), nil)
	case ctx.Err() != nil:
		// The app is closing: the run begins anew at the next start.
	case err == nil:
		finish := "stop"
		if done.Finish == llm.FinishLength {
			finish = "length"
		}
		d.writeAnswer(ctx, l, r, answer(text, finish, "", done.Usage), nil)
	case (transient(err) || fault.CodeOf(err) == fault.UpstreamFailed) && r.Attempts < maxAttempts && text == "":
		r.Attempts-- // postpone counts it
		d.postpone(ctx, r, err)
	case transient(err) && text == "":
		d.fail(ctx, l, r, err)
	default:
		f := fault.From(err)
		d.cfg.Log.WarnContext(ctx, "local answer failed", "run_id", r.ID, "err", fault.Cause(err))
		d.writeAnswer(ctx, l, r, answer(text, "error", string(f.Code), done.Usage), httpapi.ProblemOf(f))
	}
}

func answer(text, finish, code string, u llm.Usage) httpapi.Message {
	return httpapi.Message{Role: "assistant", Text: text, Finish: finish, ErrorCode: code, InputTokens: u.Input, OutputTokens: u.Output, State: "saving"}
}

// writeAnswer freezes the answer as a node of the thread and ends the run.
func (d *Dispatcher) writeAnswer(ctx context.Context, l *live, r localdb.Run, m httpapi.Message, problem *httpapi.Problem) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	m.ID, m.ConversationID, m.ParentID, m.Model, m.RunID, m.CreatedAt = r.AnswerID, r.ConversationID, r.MessageID, r.Model, r.ID, d.cfg.Now().UTC()
	now := entity.FormatTime(m.CreatedAt)
	var b batch
	b.add(wire.NewCreate(entity.Messages, m.ID, map[string]any{
		"conversation_id": m.ConversationID, "parent_id": m.ParentID, "role": m.Role, "text": m.Text, "model": m.Model,
		"finish": m.Finish, "error_code": m.ErrorCode, "input_tokens": m.InputTokens, "output_tokens": m.OutputTokens,
		"run_id": m.RunID, "created_at": now,
	}))
	b.add(wire.NewUpdate(entity.Conversations, m.ConversationID, map[string]any{"last_at": now}))
	err := b.err
	if err == nil {
		err = d.cfg.Journal.Write(ctx, b.ops...)
	}
	if err != nil {
		r.Text = m.Text // kept with the run; the next start writes it or begins anew
		d.postpone(ctx, r, localdb.Explain(err))
		return
	}
	r.State, r.Text, r.WaitsFor, r.EndedAt = "done", "", "", d.cfg.Now()
	d.save(ctx, r)
	state := httpapi.RunDone
	switch m.Finish {
	case "stopped":
		state = httpapi.RunStopped
	case "error":
		state = httpapi.RunFailed
	}
	l.end(state, &m, problem)
	d.tell(r)
	d.cfg.Pages.Hint("conversations", r.ConversationID)
}
