package dispatch

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"nexusai/app/localdb"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// maxText is the most one message may hold, in bytes: what sync carries.
const maxText = 256 << 10

// Send implements httpapi.Chat: when it returns, message and wish survive a
// crash, whether any model can be reached or not.
func (d *Dispatcher) Send(ctx context.Context, r httpapi.ChatRequest) (httpapi.Run, error) {
	if err := check(r); err != nil {
		return httpapi.Run{}, err
	}
	d.sending.Lock() // two equal sends at once are one after the other
	defer d.sending.Unlock()
	known, err := d.cfg.DB.RunOf(ctx, r.MessageID, r.Regenerate)
	if err == nil && known.State != "accepting" {
		return d.again(ctx, known)
	}
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return httpapi.Run{}, err
	}
	ops, err := d.plan(ctx, r)
	if err != nil {
		return httpapi.Run{}, err
	}
	run := localdb.Run{
		ID: d.cfg.NewID(), ConversationID: r.ConversationID, MessageID: r.MessageID, Regenerate: r.Regenerate,
		Model: r.Model, State: "accepting", CreatedAt: d.cfg.Now(),
	}
	if len(ops) == 0 {
		run.State = "waiting" // the message is here already
	}
	run, err = d.accept(ctx, run, ops)
	if err != nil {
		return httpapi.Run{}, err
	}
	d.tell(run)
	d.cfg.Pages.Hint("conversations", run.ConversationID)
	d.Kick()
	return d.Snapshot(ctx, run.ID)
}

// accept stores the wish first: without its message it is dropped at the next
// start, while a message without its wish would never be answered.
func (d *Dispatcher) accept(ctx context.Context, run localdb.Run, ops []wire.Op) (localdb.Run, error) {
	d.hold(run.ID, true)
	defer d.hold(run.ID, false)
	stored, err := d.cfg.DB.AddRun(ctx, run)
	if err != nil || len(ops) == 0 {
		return stored, err
	}
	if err := d.cfg.Journal.Write(ctx, ops...); err != nil {
		if gone := d.cfg.DB.DropRun(context.WithoutCancel(ctx), stored.ID); gone != nil {
			d.cfg.Log.WarnContext(ctx, "refused send not removed", "run_id", stored.ID, "err", fault.Cause(gone))
		}
		return localdb.Run{}, fmt.Errorf("store a message: %w", localdb.Explain(err))
	}
	return stored, nil
}

// hold keeps the queue's hands off a run whose message is being stored.
func (d *Dispatcher) hold(runID string, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if on {
		d.held[runID] = true
		return
	}
	delete(d.held, runID)
}

func check(r httpapi.ChatRequest) error {
	switch {
	case r.Regenerate == "" && strings.TrimSpace(r.Text) == "":
		return fault.New(fault.BadRequest, "The message is empty.", nil).At("body.text")
	case len(r.Text) > maxText:
		return fault.New(fault.TooLarge, "The message is too long.", nil).At("body.text").
			WithHint("Split it: one message holds 256 KB.")
	case r.Regenerate != "" && !entity.IsID(strings.ToLower(r.Regenerate)), r.ParentID != "" && !entity.IsID(strings.ToLower(r.ParentID)):
		return fault.New(fault.BadRequest, "An id is not a UUID.", nil)
	}
	return nil
}

// again answers a repeated send. One that had failed is tried once more.
func (d *Dispatcher) again(ctx context.Context, r localdb.Run) (httpapi.Run, error) {
	if r.State == "failed" && r.EndedAt.IsZero() {
		if err := d.retry(ctx, r); err != nil {
			return httpapi.Run{}, err
		}
	}
	return d.Snapshot(ctx, r.ID)
}

// plan lists what has to be stored for r; nothing when the message is here.
func (d *Dispatcher) plan(ctx context.Context, r httpapi.ChatRequest) ([]wire.Op, error) {
	hasConversation, hasMessage, hasDraft, err := d.cfg.DB.Known(ctx, r.ConversationID, r.MessageID)
	if err != nil {
		return nil, err
	}
	if hasMessage {
		path, err := d.cfg.DB.Path(ctx, r.MessageID)
		if err != nil {
			return nil, err
		}
		if last := path[len(path)-1]; last.ConversationID != r.ConversationID || last.Role != "user" {
			return nil, fault.New(fault.Conflict, "This message belongs elsewhere.", nil).At("body.message_id")
		}
		return nil, nil
	}
	if r.Regenerate != "" {
		return nil, fault.New(fault.NotFound, "This message is not here.", nil).At("body.message_id")
	}
	if r.ParentID != "" {
		if path, err := d.cfg.DB.Path(ctx, r.ParentID); err != nil || len(path) == 0 || path[len(path)-1].ConversationID != r.ConversationID {
			return nil, fault.New(fault.NotFound, "The message it follows is not here.", err).At("body.parent_id")
		}
	}
	return d.operations(ctx, r, hasConversation, hasDraft)
}

func (d *Dispatcher) operations(ctx context.Context, r httpapi.ChatRequest, hasConversation, hasDraft bool) ([]wire.Op, error) {
	now := entity.FormatTime(d.cfg.Now())
	var b batch
	if hasConversation {
		c, err := d.cfg.DB.Conversation(ctx, r.ConversationID)
		if err != nil {
			return nil, err
		}
		changes := map[string]any{"last_at": now, "model": r.Model}
		if c.Title == "" {
			changes["title"] = Title(r.Text)
		}
		b.add(wire.NewUpdate(entity.Conversations, r.ConversationID, changes))
	} else {
		b.add(wire.NewCreate(entity.Conversations, r.ConversationID, map[string]any{
			"title": Title(r.Text), "model": r.Model, "pinned": false, "created_at": now, "last_at": now,
		}))
	}
	message := map[string]any{"conversation_id": r.ConversationID, "role": "user", "text": r.Text, "model": r.Model, "created_at": now}
	if r.ParentID != "" {
		message["parent_id"] = r.ParentID
	}
	b.add(wire.NewCreate(entity.Messages, r.MessageID, message))
	if hasDraft {
		draft, err := d.cfg.DB.Draft(ctx, r.ConversationID)
		if err == nil && draft != "" && strings.TrimSpace(draft) == strings.TrimSpace(r.Text) {
			b.add(wire.NewUpdate(entity.Drafts, r.ConversationID, map[string]any{"text": "", "updated_at": now}))
		}
	}
	return b.ops, b.err
}

// batch gathers operations and the first error.
type batch struct {
	ops []wire.Op
	err error
}

func (b *batch) add(op wire.Op, err error) {
	if b.err == nil {
		b.err = err
	}
	b.ops = append(b.ops, op)
}

// titleLength is how much of the first message names a conversation, in
// characters.
const titleLength = 60

// Title names a conversation after its first message: its first line, cut at
// a word.
func Title(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD")), "\n")
	line = strings.Join(strings.Fields(line), " ")
	if utf8.RuneCountInString(line) <= titleLength {
		return line
	}
	head := string([]rune(line)[:titleLength])
	if at := strings.LastIndexByte(head, ' '); at > len(head)/2 {
		head = head[:at]
	}
	return head + "…"
}
