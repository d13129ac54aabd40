package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/replication"
	"nexusai/server/run"
	"nexusai/server/stream"
	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// Conversations answers the caller's own threads out of the synced rows, so
// that a change made here reaches every device.
type Conversations struct {
	Hub  *replication.Hub
	Runs *run.Runs
	Bus  *stream.Bus
	Now  func() time.Time // nil: time.Now
}

var _ httpapi.Conversations = Conversations{}

// owner is the caller and the scope of what is private to the caller.
type owner struct{ tenant, user, scope string }

func ownerOf(ctx context.Context) (owner, error) {
	c, err := httpapi.MustCaller(ctx)
	if err == nil && c.UserID == "" {
		err = fault.New(fault.Forbidden, "Only people have conversations.", nil)
	}
	return owner{c.TenantID, c.UserID, replication.UserScope(c.UserID)}, err
}

// ListConversations lists a page, newest first.
func (s Conversations) ListConversations(ctx context.Context, q httpapi.ConversationQuery) (httpapi.ConversationPage, error) {
	o, err := ownerOf(ctx)
	if err != nil {
		return httpapi.ConversationPage{}, err
	}
	q.Search = strings.ReplaceAll(strings.ToValidUTF8(q.Search, ""), "\x00", "") // Postgres can hold neither
	page, err := s.Hub.Conversations(ctx, o.tenant, o.scope, replication.ConversationQuery{Search: q.Search, Trash: q.Trash, Before: q.Cursor, Limit: q.Limit})
	if err != nil {
		return httpapi.ConversationPage{}, explain(err)
	}
	drafts, err := s.drafts(ctx, o)
	if err != nil {
		return httpapi.ConversationPage{}, err
	}
	out := httpapi.ConversationPage{Items: make([]httpapi.Conversation, 0, len(page.Items)), NextCursor: page.Next}
	for _, c := range page.Items {
		out.Items = append(out.Items, s.show(o, c, drafts[c.ID]))
	}
	return out, nil
}

func (s Conversations) drafts(ctx context.Context, o owner) (map[string]bool, error) {
	all, err := s.Hub.Drafts(ctx, o.tenant, o.scope)
	if err != nil {
		return nil, explain(err)
	}
	out := make(map[string]bool, len(all))
	for _, d := range all {
		out[d.ID] = d.Text != ""
	}
	return out, nil
}

func (s Conversations) show(o owner, c entity.Conversation, draft bool) httpapi.Conversation {
	return httpapi.Conversation{
		ID: c.ID, Title: c.Title, Model: c.Model, Pinned: c.Pinned, TrashedAt: c.TrashedAt, CreatedAt: c.CreatedAt, LastAt: c.LastAt,
		Draft: draft, RunID: s.Runs.Active(o.tenant, o.user, c.ID),
	}
}

// CreateConversation starts a thread; repeating it with the same id is fine.
func (s Conversations) CreateConversation(ctx context.Context, n httpapi.NewConversation) (httpapi.Conversation, error) {
	o, err := ownerOf(ctx)
	if err != nil {
		return httpapi.Conversation{}, err
	}
	if n.ID = strings.ToLower(n.ID); n.ID == "" {
		n.ID = uuid.Must(uuid.NewV7()).String()
	}
	old, err := s.one(ctx, o, n.ID)
	if err == nil || fault.CodeOf(err) != fault.NotFound {
		return old, err
	}
	at := entity.FormatTime(s.now())
	op, err := wire.NewCreate(entity.Conversations, n.ID, map[string]any{"title": n.Title, "model": n.Model, "created_at": at, "last_at": at})
	if err != nil {
		return httpapi.Conversation{}, err
	}
	if err := s.write(ctx, o, n.ID, op); err != nil {
		return httpapi.Conversation{}, err
	}
	return s.one(ctx, o, n.ID)
}

// Thread is a conversation with everything in it.
func (s Conversations) Thread(ctx context.Context, id string) (httpapi.Thread, error) {
	o, err := ownerOf(ctx)
	if err != nil {
		return httpapi.Thread{}, err
	}
	c, err := s.Hub.Conversation(ctx, o.tenant, o.scope, strings.ToLower(id))
	if err != nil {
		return httpapi.Thread{}, explain(err)
	}
	// The run first: if it ends meanwhile its answer is among the messages.
	out := httpapi.Thread{Messages: []httpapi.Message{}}
	if runID := s.Runs.Active(o.tenant, o.user, c.ID); runID != "" {
		caller, _ := httpapi.CallerFrom(ctx) // ownerOf has found one
		if r, err := s.Runs.Get(ctx, caller, runID); err == nil && r.State == httpapi.RunRunning {
			out.Run = &r
		}
	}
	messages, err := s.Hub.Messages(ctx, o.tenant, o.scope, c.ID)
	if err != nil {
		return httpapi.Thread{}, explain(err)
	}
	for _, m := range messages {
		out.Messages = append(out.Messages, run.Message(m))
		if out.Run != nil && m.ID == out.Run.AnswerID {
			out.Run = nil
		}
	}
	draft, err := s.Hub.Draft(ctx, o.tenant, o.scope, c.ID)
	if err != nil && !errors.Is(err, replication.ErrNotFound) {
		return httpapi.Thread{}, explain(err)
	}
	out.Draft = draft.Text
	out.Conversation = s.show(o, c, draft.Text != "")
	return out, nil
}

// PatchConversation renames, pins or changes the model.
func (s Conversations) PatchConversation(ctx context.Context, id string, p httpapi.ConversationPatch) (httpapi.Conversation, error) {
	fields := map[string]any{}
	if p.Title != nil {
		fields["title"] = strings.TrimSpace(*p.Title)
	}
	if p.Model != nil {
		fields["model"] = *p.Model
	}
	if p.Pinned != nil {
		fields["pinned"] = *p.Pinned
	}
	return s.change(ctx, id, fields)
}

// TrashConversation puts it into the trash.
func (s Conversations) TrashConversation(ctx context.Context, id string) error {
	_, err := s.change(ctx, id, map[string]any{"trashed_at": entity.FormatTime(s.now())})
	return err
}

// RestoreConversation takes it out again.
func (s Conversations) RestoreConversation(ctx context.Context, id string) (httpapi.Conversation, error) {
	return s.change(ctx, id, map[string]any{"trashed_at": nil})
}

// SaveDraft keeps the unsent text; its conversation may not exist yet.
func (s Conversations) SaveDraft(ctx context.Context, conversationID string, d httpapi.DraftText) error {
	o, err := ownerOf(ctx)
	if err != nil {
		return err
	}
	id := strings.ToLower(conversationID)
	old, err := s.Hub.Draft(ctx, o.tenant, o.scope, id)
	if err != nil && !errors.Is(err, replication.ErrNotFound) {
		return explain(err)
	}
	if old.Text == d.Text {
		return nil
	}
	op, err := wire.NewCreate(entity.Drafts, id, map[string]any{"text": d.Text, "updated_at": entity.FormatTime(s.now())})
	if err != nil {
		return err
	}
	op.BaseVer = old.Ver
	return s.write(ctx, o, id, op)
}

// change sets fields of the version that is there now.
func (s Conversations) change(ctx context.Context, id string, fields map[string]any) (httpapi.Conversation, error) {
	o, err := ownerOf(ctx)
	if err != nil {
		return httpapi.Conversation{}, err
	}
	id = strings.ToLower(id)
	old, err := s.Hub.Conversation(ctx, o.tenant, o.scope, id)
	if err != nil {
		return httpapi.Conversation{}, explain(err)
	}
	if len(fields) > 0 {
		op, err := wire.NewUpdate(entity.Conversations, id, fields)
		if err != nil {
			return httpapi.Conversation{}, err
		}
		op.BaseVer = old.Ver
		if err := s.write(ctx, o, id, op); err != nil {
			return httpapi.Conversation{}, err
		}
	}
	return s.one(ctx, o, id)
}

func (s Conversations) write(ctx context.Context, o owner, id string, op wire.Op) error {
	results, err := s.Hub.Write(ctx, o.tenant, o.scope, op)
	if err != nil {
		return explain(err)
	}
	if one := results[0]; one.Status == wire.Rejected {
		return fault.New(fault.BadRequest, "This change cannot be stored.", fmt.Errorf("rejected: %s", one.Code))
	}
	s.Bus.HintUser(o.tenant, o.user, httpapi.Hint{Topic: "conversations", ID: id})
	return nil
}

func (s Conversations) one(ctx context.Context, o owner, id string) (httpapi.Conversation, error) {
	c, err := s.Hub.Conversation(ctx, o.tenant, o.scope, id)
	if err != nil {
		return httpapi.Conversation{}, explain(err)
	}
	draft, err := s.Hub.Draft(ctx, o.tenant, o.scope, id)
	if err != nil && !errors.Is(err, replication.ErrNotFound) {
		return httpapi.Conversation{}, explain(err)
	}
	return s.show(o, c, draft.Text != ""), nil
}

func (s Conversations) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// explain turns the hub's errors into what a client may see.
func explain(err error) error {
	switch {
	case errors.Is(err, replication.ErrNotFound):
		return fault.New(fault.NotFound, "There is no such conversation.", err)
	case errors.Is(err, replication.ErrCursor):
		return fault.New(fault.BadRequest, "This page does not exist.", err).At("query.cursor")
	}
	return err
}
