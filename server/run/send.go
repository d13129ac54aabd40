package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/replication"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

const (
	maxText    = 1_000_000 // bytes of a message; as entity has it, so that what was synced can be sent
	titleRunes = 60
)

// Send stores the user's message and starts its answer, or finds the run that
// the same message has already. It returns when both are durable.
func (r *Runs) Send(ctx context.Context, caller httpapi.Caller, q httpapi.ChatRequest) (httpapi.Run, error) {
	if err := tidy(&q); err != nil {
		return httpapi.Run{}, err
	}
	trigger := q.MessageID
	if q.Regenerate != "" {
		trigger = q.Regenerate
	}
	old, err := r.find(ctx, selectByTrigger, caller.TenantID, caller.UserID, trigger)
	if err == nil {
		return r.show(ctx, old)
	}
	if fault.CodeOf(err) != fault.NotFound {
		return httpapi.Run{}, err
	}
	// A model that is minutes away is no answer that failed: the sender keeps
	// the message and asks again.
	if err := r.Fleet.Coming(httpapi.WithCaller(ctx, caller), q.Model); err != nil {
		return httpapi.Run{}, err
	}
	if err := r.admit(asker{caller.TenantID, caller.UserID}); err != nil {
		return httpapi.Run{}, err
	}
	begun := false
	defer func() {
		if !begun {
			r.dismiss(asker{caller.TenantID, caller.UserID})
		}
	}()
	if q.Regenerate == "" {
		err = r.keep(ctx, caller, q)
	} else {
		err = r.mayAnswer(ctx, caller, q)
	}
	if err != nil {
		return httpapi.Run{}, err
	}
	w := &row{
		tenant: caller.TenantID, id: r.NewID(), user: caller.UserID, conversation: q.ConversationID, message: q.MessageID,
		answer: r.NewID(), trigger: trigger, model: q.Model, state: httpapi.RunRunning, started: r.Now().UTC().Truncate(time.Millisecond),
	}
	made, err := r.insert(ctx, w)
	if err != nil {
		return httpapi.Run{}, err
	}
	if !made { // the same send, at the same time
		if w, err = r.find(ctx, selectByTrigger, caller.TenantID, caller.UserID, trigger); err != nil {
			return httpapi.Run{}, err
		}
		return r.show(ctx, w)
	}
	begun = true
	a := r.begin(ctx, caller, w)
	return a.show(), nil
}

// tidy checks what the contract's types cannot say.
func tidy(q *httpapi.ChatRequest) error {
	for name, id := range map[string]*string{
		"body.conversation_id": &q.ConversationID, "body.message_id": &q.MessageID, "body.parent_id": &q.ParentID, "body.regenerate": &q.Regenerate,
	} {
		*id = strings.ToLower(*id)
		optional := name == "body.parent_id" || name == "body.regenerate"
		if (*id != "" || !optional) && !entity.IsID(*id) {
			return fault.New(fault.BadRequest, "This is not an id.", nil).At(name)
		}
	}
	if q.Regenerate != "" && q.Regenerate == q.MessageID {
		return fault.New(fault.BadRequest, "A regeneration has an id of its own.", nil).At("body.regenerate")
	}
	if q.Regenerate == "" && strings.TrimSpace(q.Text) == "" {
		return fault.New(fault.BadRequest, "Write something first.", nil).At("body.text")
	}
	if !utf8.ValidString(q.Model) || strings.ContainsFunc(q.Model, unicode.IsControl) {
		return fault.New(fault.BadRequest, "This cannot be the name of a model.", nil).At("body.model")
	}
	if len(q.Text) > maxText {
		return fault.New(fault.TooLarge, "The message is longer than 1 MB.", nil).At("body.text").WithHint("Send it in parts.")
	}
	return nil
}

// asker is a user, or with no user the whole tenant.
type asker struct{ tenant, user string }

func (a asker) team() asker { return asker{tenant: a.tenant} }

// admit counts one more run of a user, or refuses.
func (r *Runs) admit(who asker) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		f := fault.New(fault.Unavailable, "The server is restarting.", nil)
		f.RetryAfter = leaseFor / 6
		return f
	}
	safe, key := "", ""
	switch {
	case r.counts[who] >= r.Each:
		safe, key = "You have too many answers in progress.", "fault.rate.runs"
	case r.counts[who.team()] >= r.Limit:
		safe, key = "Your team has too many answers in progress.", "fault.rate.teamRuns"
	}
	if safe != "" {
		f := fault.New(fault.RateLimited, safe, nil).WithHint("Wait for one to end, or stop one.")
		f.Key, f.HintKey, f.RetryAfter = key, "hint.rate.runs", 2*time.Second
		return f
	}
	r.counts[who]++
	r.counts[who.team()]++
	r.all.Add(1) // before close can wait
	return nil
}

func (r *Runs) dismiss(who asker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range []asker{who, who.team()} {
		if r.counts[one]--; r.counts[one] <= 0 {
			delete(r.counts, one)
		}
	}
	r.all.Done()
}

// keep stores conversation and message; both may be there already.
func (r *Runs) keep(ctx context.Context, caller httpapi.Caller, q httpapi.ChatRequest) error {
	scope := replication.UserScope(caller.UserID)
	now := r.Now()
	head, err := r.conversationOp(ctx, caller, q, now)
	if err != nil {
		return err
	}
	message, err := wire.NewCreate(entity.Messages, q.MessageID, map[string]any{
		"conversation_id": q.ConversationID, "parent_id": optional(q.ParentID), "role": "user", "text": q.Text, "created_at": entity.FormatTime(now),
	})
	if err != nil {
		return err
	}
	ops := []wire.Op{head, message}
	draft, err := r.Threads.Draft(ctx, caller.TenantID, scope, q.ConversationID)
	if err != nil && !errors.Is(err, replication.ErrNotFound) {
		return err
	}
	// A draft that holds something else was written elsewhere meanwhile.
	if err == nil && draft.Text != "" && strings.HasPrefix(strings.TrimSpace(q.Text), strings.TrimSpace(draft.Text)) {
		sent, err := wire.NewUpdate(entity.Drafts, q.ConversationID, map[string]any{"text": "", "updated_at": entity.FormatTime(now)})
		if err != nil {
			return err
		}
		sent.BaseVer = draft.Ver
		ops = append(ops, sent)
	}
	results, err := r.Threads.Write(ctx, caller.TenantID, scope, ops...)
	if err != nil {
		return fmt.Errorf("store a message: %w", err)
	}
	r.Bus.HintUser(caller.TenantID, caller.UserID, httpapi.Hint{Topic: "conversations", ID: q.ConversationID}, httpapi.Hint{Topic: "thread", ID: q.ConversationID})
	return refused(results[:2])
}

// conversationOp makes the conversation, or names it and moves it to the top.
func (r *Runs) conversationOp(ctx context.Context, caller httpapi.Caller, q httpapi.ChatRequest, now time.Time) (wire.Op, error) {
	at := entity.FormatTime(now)
	old, err := r.Threads.Conversation(ctx, caller.TenantID, replication.UserScope(caller.UserID), q.ConversationID)
	if errors.Is(err, replication.ErrNotFound) {
		return wire.NewCreate(entity.Conversations, q.ConversationID, map[string]any{
			"title": title(q.Text), "model": q.Model, "created_at": at, "last_at": at,
		})
	}
	if err != nil {
		return wire.Op{}, err
	}
	fields := map[string]any{"last_at": at, "model": q.Model}
	if strings.TrimSpace(old.Title) == "" {
		fields["title"] = title(q.Text)
	}
	op, err := wire.NewUpdate(entity.Conversations, q.ConversationID, fields)
	op.BaseVer = old.Ver
	return op, err
}

// title is the first line that says something, cut at a word if it is long.
func title(text string) string {
	line := ""
	for candidate := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(candidate), " "); line != "" {
			break
		}
	}
	runes := []rune(line)
	if len(runes) <= titleRunes {
		return line
	}
	cut := string(runes[:titleRunes-1])
	if at := strings.LastIndexByte(cut, ' '); at > len(cut)/2 {
		cut = cut[:at]
	}
	return cut + "…"
}

func optional(id string) any {
	if id == "" {
		return nil
	}
	return id
}

// refused translates what the log of the scope did not take.
func refused(results []wire.Result) error {
	for _, one := range results {
		if one.Status != wire.Rejected {
			continue
		}
		switch one.Code {
		case wire.CodeImmutable:
			return fault.New(fault.Conflict, "Another message has this id.", nil).At("body.message_id")
		case wire.CodeParent:
			return fault.New(fault.BadRequest, "The message it follows is not known here.", nil).At("body.parent_id")
		case wire.CodeDead:
			return fault.New(fault.Gone, "This conversation was deleted.", nil)
		}
		return fault.New(fault.BadRequest, "The message cannot be stored.", fmt.Errorf("rejected: %s", one.Code))
	}
	return nil
}

// mayAnswer checks that a regeneration answers a message of the user's own.
func (r *Runs) mayAnswer(ctx context.Context, caller httpapi.Caller, q httpapi.ChatRequest) error {
	all, err := r.Threads.Messages(ctx, caller.TenantID, replication.UserScope(caller.UserID), q.ConversationID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(m entity.Message) bool { return m.ID == q.MessageID && m.Role == "user" }) {
		return fault.New(fault.NotFound, "There is no such message to answer.", nil).At("body.message_id")
	}
	return nil
}
