package replication

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/sync/entity"
)

// ErrNotFound says that the scope holds no such row.
var ErrNotFound = errors.New("row not found")

// ErrCursor says that a page cursor was not made by Conversations.
var ErrCursor = errors.New("malformed page cursor")

// ConversationQuery selects a page of conversations, newest LastAt first.
type ConversationQuery struct {
	Search string // words to find in the title, without regard to case and accents; empty means all
	Trash  bool   // only those in the trash, instead of only those outside
	Before string // Next of the page before; empty for the first
	Limit  int    // 1 to 200; 0 means 50
}

// ConversationPage is one page; Next is empty on the last.
type ConversationPage struct {
	Items []entity.Conversation
	Next  string
}

const (
	conversationColumns = `id::text, title, model, pinned, trashed_at, created_at, last_at, ver`
	listConversations   = `select ` + conversationColumns + ` from conversation
		where tenant_id = $1 and scope = $2 and (trashed_at is not null) = $3
		and ($4::timestamptz is null or (last_at, id) < ($4, $5::uuid))
		and not exists (select 1 from unnest($6::text[]) as w where strpos(lower(unaccent(title)), lower(unaccent(w))) = 0)
		order by last_at desc, id desc limit $7`
	oneConversation = `select ` + conversationColumns + ` from conversation where tenant_id = $1 and scope = $2 and id = $3`
	listMessages    = `select id::text, conversation_id::text, parent_id::text, role, text, model, finish, error_code,
		input_tokens, output_tokens, cost_nano_usd, run_id::text, created_at, ver from message
		where tenant_id = $1 and scope = $2 and conversation_id = $3 order by created_at, id`
	oneDraft   = `select id::text, text, updated_at, ver from draft where tenant_id = $1 and scope = $2 and id = $3`
	listDrafts = `select id::text, text, updated_at, ver from draft where tenant_id = $1 and scope = $2 and text <> '' order by updated_at desc, id desc`
)

// Conversations lists a page. A malformed Before is ErrCursor.
func (h *Hub) Conversations(ctx context.Context, tenantID, scope string, q ConversationQuery) (ConversationPage, error) {
	limit := q.Limit
	if limit <= 0 || limit > 200 {
		limit = 50
	}
	at, id, err := parseCursor(q.Before)
	if err != nil {
		return ConversationPage{}, err
	}
	var page ConversationPage
	err = h.cfg.DB.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, listConversations, tenantID, scope, q.Trash, at, id, words(q.Search), limit+1)
		if err != nil {
			return err
		}
		page.Items, err = pgx.CollectRows(rows, scanConversation)
		return err
	})
	if err != nil {
		return ConversationPage{}, err
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(last.LastAt.Format(time.RFC3339Nano) + "|" + last.ID))
	}
	return page, nil
}

func words(search string) []string {
	out := strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(search, "\x00", ""), ""))
	if out == nil {
		return []string{}
	}
	return out
}

func parseCursor(text string) (*time.Time, *string, error) {
	if text == "" {
		return nil, nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	when, id, ok := strings.Cut(string(raw), "|")
	if err != nil || !ok || !entity.IsID(id) {
		return nil, nil, ErrCursor
	}
	at, err := time.Parse(time.RFC3339Nano, when)
	if err != nil {
		return nil, nil, ErrCursor
	}
	return &at, &id, nil
}

func scanConversation(row pgx.CollectableRow) (entity.Conversation, error) {
	var c entity.Conversation
	err := row.Scan(&c.ID, &c.Title, &c.Model, &c.Pinned, &c.TrashedAt, &c.CreatedAt, &c.LastAt, &c.Ver)
	return c, err
}

// Conversation returns one row, in the trash or not; ErrNotFound when this
// scope has none.
func (h *Hub) Conversation(ctx context.Context, tenantID, scope, id string) (entity.Conversation, error) {
	return one(ctx, h, tenantID, scope, id, oneConversation, scanConversation)
}

// Draft returns the draft of a conversation; ErrNotFound when there is none.
func (h *Hub) Draft(ctx context.Context, tenantID, scope, conversationID string) (entity.Draft, error) {
	return one(ctx, h, tenantID, scope, conversationID, oneDraft, scanDraft)
}

func one[T any](ctx context.Context, h *Hub, tenantID, scope, id, query string, scan pgx.RowToFunc[T]) (out T, err error) {
	if !entity.IsID(id) {
		return out, ErrNotFound
	}
	err = h.cfg.DB.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, tenantID, scope, id)
		if err != nil {
			return err
		}
		out, err = pgx.CollectExactlyOneRow(rows, scan)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	return out, err
}

func scanDraft(row pgx.CollectableRow) (entity.Draft, error) {
	var d entity.Draft
	err := row.Scan(&d.ID, &d.Text, &d.UpdatedAt, &d.Ver)
	return d, err
}

func scanMessage(row pgx.CollectableRow) (entity.Message, error) {
	var m entity.Message
	err := row.Scan(&m.ID, &m.ConversationID, &m.ParentID, &m.Role, &m.Text, &m.Model, &m.Finish, &m.ErrorCode,
		&m.InputTokens, &m.OutputTokens, &m.CostNanoUSD, &m.RunID, &m.CreatedAt, &m.Ver)
	return m, err
}

// Messages returns every node of a conversation, oldest first; none when the
// conversation is not in this scope.
func (h *Hub) Messages(ctx context.Context, tenantID, scope, conversationID string) ([]entity.Message, error) {
	if !entity.IsID(conversationID) {
		return nil, nil
	}
	var out []entity.Message
	err := h.cfg.DB.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, listMessages, tenantID, scope, conversationID)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, scanMessage)
		return err
	})
	return out, err
}

// Drafts returns all drafts that are not empty, newest first.
func (h *Hub) Drafts(ctx context.Context, tenantID, scope string) ([]entity.Draft, error) {
	var out []entity.Draft
	err := h.cfg.DB.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, listDrafts, tenantID, scope)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, scanDraft)
		return err
	})
	return out, err
}
