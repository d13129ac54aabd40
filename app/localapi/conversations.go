package localapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"nexusai/app/localdb"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// ListConversations implements httpapi.Conversations.
func (a *API) ListConversations(ctx context.Context, q httpapi.ConversationQuery) (httpapi.ConversationPage, error) {
	return a.cfg.DB.Conversations(ctx, q)
}

// CreateConversation implements httpapi.Conversations; a repeat with the same
// id returns the one that is there.
func (a *API) CreateConversation(ctx context.Context, n httpapi.NewConversation) (httpapi.Conversation, error) {
	id := strings.ToLower(n.ID)
	if id == "" {
		id = a.cfg.NewID()
	}
	if c, err := a.cfg.DB.Conversation(ctx, id); err == nil {
		return c, nil
	}
	now := entity.FormatTime(a.cfg.Now())
	op, err := wire.NewCreate(entity.Conversations, id, map[string]any{"title": n.Title, "model": n.Model, "pinned": false, "created_at": now, "last_at": now})
	if err != nil {
		return httpapi.Conversation{}, err
	}
	return a.write(ctx, id, op)
}

// write stores operations on a conversation and returns it as it is then.
func (a *API) write(ctx context.Context, id string, ops ...wire.Op) (httpapi.Conversation, error) {
	if err := a.cfg.Sync.Write(ctx, ops...); err != nil {
		return httpapi.Conversation{}, localdb.Explain(err)
	}
	a.cfg.Feed.Hint("conversations", id)
	return a.cfg.DB.Conversation(ctx, id)
}

// Thread implements httpapi.Conversations.
func (a *API) Thread(ctx context.Context, id string) (httpapi.Thread, error) {
	c, err := a.cfg.DB.Conversation(ctx, id)
	if err != nil {
		return httpapi.Thread{}, err
	}
	t := httpapi.Thread{Conversation: c}
	// The run before the messages: an answer that ends in between is then shown
	// twice at worst as run and message of one id, never not at all.
	run, active, err := a.cfg.Dispatcher.Active(ctx, id)
	if err != nil {
		return t, err
	}
	if t.Messages, err = a.cfg.DB.Messages(ctx, id); err != nil {
		return t, err
	}
	if t.Draft, err = a.cfg.DB.Draft(ctx, id); err != nil {
		return t, err
	}
	if active {
		a.showRun(&t, run)
	}
	return t, nil
}

// showRun adds a run that has no answer node yet: as a run while it is being
// written, as a message once it has ended and its node is still on its way.
func (a *API) showRun(t *httpapi.Thread, run httpapi.Run) {
	if run.AnswerID != "" && slices.ContainsFunc(t.Messages, func(m httpapi.Message) bool { return m.ID == run.AnswerID }) {
		return
	}
	switch run.State {
	case httpapi.RunWaiting, httpapi.RunRunning:
		t.Run = &run
		return
	}
	m, ok := a.cfg.Dispatcher.Answer(run.ID)
	if !ok && run.Text == "" {
		return
	}
	if !ok {
		m = httpapi.Message{
			ID: run.AnswerID, ConversationID: run.ConversationID, ParentID: run.MessageID, Role: "assistant",
			Text: run.Text, Model: run.Model, Finish: "stop", RunID: run.ID, CreatedAt: run.StartedAt,
		}
	}
	m.State = "sent"
	t.Messages = append(t.Messages, m)
}

// PatchConversation implements httpapi.Conversations.
func (a *API) PatchConversation(ctx context.Context, id string, p httpapi.ConversationPatch) (httpapi.Conversation, error) {
	changes := map[string]any{}
	if p.Title != nil {
		changes["title"] = strings.TrimSpace(*p.Title)
	}
	if p.Model != nil {
		changes["model"] = *p.Model
	}
	if p.Pinned != nil {
		changes["pinned"] = *p.Pinned
	}
	return a.update(ctx, id, changes)
}

func (a *API) update(ctx context.Context, id string, changes map[string]any) (httpapi.Conversation, error) {
	c, err := a.cfg.DB.Conversation(ctx, id)
	if err != nil || len(changes) == 0 {
		return c, err
	}
	op, err := wire.NewUpdate(entity.Conversations, id, changes)
	if err != nil {
		return c, err
	}
	return a.write(ctx, id, op)
}

// TrashConversation implements httpapi.Conversations.
func (a *API) TrashConversation(ctx context.Context, id string) error {
	c, err := a.cfg.DB.Conversation(ctx, id)
	if err != nil || c.TrashedAt != nil {
		return err
	}
	_, err = a.update(ctx, id, map[string]any{"trashed_at": entity.FormatTime(a.cfg.Now())})
	return err
}

// RestoreConversation implements httpapi.Conversations.
func (a *API) RestoreConversation(ctx context.Context, id string) (httpapi.Conversation, error) {
	c, err := a.cfg.DB.Conversation(ctx, id)
	if err != nil || c.TrashedAt == nil {
		return c, err
	}
	return a.update(ctx, id, map[string]any{"trashed_at": nil})
}

// SaveDraft implements httpapi.Conversations. The draft of a conversation that
// is not there yet makes it, so that the words can be found again after a
// crash.
func (a *API) SaveDraft(ctx context.Context, id string, d httpapi.DraftText) error {
	if len(d.Text) > 256<<10 {
		return fault.New(fault.TooLarge, "The draft is too long.", nil).At("body.text")
	}
	exists, _, has, err := a.cfg.DB.Known(ctx, id, "")
	if err != nil {
		return err
	}
	if !has && d.Text == "" {
		return nil
	}
	if !exists {
		if _, err := a.CreateConversation(ctx, httpapi.NewConversation{ID: id}); err != nil {
			return err
		}
	}
	old, err := a.cfg.DB.Draft(ctx, id)
	if err != nil || has && old == d.Text {
		return err
	}
	if err := a.cfg.Dispatcher.SaveDraft(ctx, id, d.Text, has); err != nil {
		return err
	}
	if (old == "") != (d.Text == "") {
		a.cfg.Feed.Hint("conversations", id) // the list shows that there is one
	}
	return nil
}

// zero is the moment of nothing, for optional times.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
