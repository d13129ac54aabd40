package localdb

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

const conversationColumns = `c.id, c.title, c.model, c.pinned, c.trashed_at, c.created_at, c.last_at,
	EXISTS (SELECT 1 FROM draft d WHERE d.id = c.id AND d.text <> ''),
	coalesce((SELECT r.id FROM run r WHERE r.conversation_id = c.id AND r.ended_at = '' AND r.state IN ('sending', 'running') ORDER BY r.created_at DESC LIMIT 1), '')`

const (
	conversationByID = `SELECT ` + conversationColumns + ` FROM conversation c WHERE c.id = ?`

	// Pinned ones come before the first page of the others, newest first each.
	pinnedConversations = `SELECT ` + conversationColumns + ` FROM conversation c
		WHERE c.pinned = 1 AND c.trashed_at IS NULL ORDER BY c.last_at DESC, c.id DESC LIMIT 200`
	otherConversations = `SELECT ` + conversationColumns + ` FROM conversation c
		WHERE c.pinned = 0 AND c.trashed_at IS NULL AND (c.last_at, c.id) < (?, ?) ORDER BY c.last_at DESC, c.id DESC LIMIT ?`
	trashedConversations = `SELECT ` + conversationColumns + ` FROM conversation c
		WHERE c.trashed_at IS NOT NULL AND (c.last_at, c.id) < (?, ?) ORDER BY c.last_at DESC, c.id DESC LIMIT ?`

	// unsyncedByConversation counts messages that the server has not confirmed;
	// none where there never was one (the setting is package team's).
	unsyncedByConversation = `SELECT m.conversation_id, count(*) FROM sync_outbox o JOIN message m ON m.id = o.id
		WHERE o.entity = 'message' AND o.state <> 'done' AND EXISTS (SELECT 1 FROM setting WHERE name = 'server') GROUP BY 1`
)

// afterAll sorts after every time and id.
const afterAll = "~"

// Conversations returns a page, newest first. A malformed cursor is
// fault.BadRequest.
func (d *DB) Conversations(ctx context.Context, q httpapi.ConversationQuery) (httpapi.ConversationPage, error) {
	limit := q.Limit
	if limit <= 0 || limit > 200 {
		limit = 60
	}
	lastAt, id, err := decodeCursor(q.Cursor)
	if err != nil {
		return httpapi.ConversationPage{}, err
	}
	var items []httpapi.Conversation
	switch {
	case strings.TrimSpace(q.Search) != "":
		items, err = d.search(ctx, q, lastAt, id, limit+1)
	case q.Trash:
		items, err = d.conversations(ctx, trashedConversations, lastAt, id, limit+1)
	default:
		items, err = d.conversations(ctx, otherConversations, lastAt, id, limit+1)
	}
	if err != nil {
		return httpapi.ConversationPage{}, err
	}
	page := httpapi.ConversationPage{Items: items}
	if len(items) > limit {
		page.Items = items[:limit]
		last := page.Items[limit-1]
		page.NextCursor = encodeCursor(stamp(last.LastAt), last.ID)
	}
	if q.Cursor == "" && !q.Trash && strings.TrimSpace(q.Search) == "" {
		pinned, err := d.conversations(ctx, pinnedConversations)
		if err != nil {
			return httpapi.ConversationPage{}, err
		}
		page.Items = append(pinned, page.Items...)
	}
	return page, d.countUnsent(ctx, page.Items)
}

func (d *DB) conversations(ctx context.Context, query string, args ...any) ([]httpapi.Conversation, error) {
	rows, err := d.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, Explain(fmt.Errorf("list conversations: %w", err))
	}
	defer rows.Close()
	out := []httpapi.Conversation{}
	for rows.Next() {
		c, err := scanConversation(rows)
		if err != nil {
			return nil, Explain(fmt.Errorf("read a conversation: %w", err))
		}
		out = append(out, c)
	}
	return out, Explain(rows.Err())
}

type scanner interface{ Scan(dst ...any) error }

func scanConversation(row scanner) (httpapi.Conversation, error) {
	var c httpapi.Conversation
	var trashed sql.NullString
	var created, last string
	err := row.Scan(&c.ID, &c.Title, &c.Model, &c.Pinned, &trashed, &created, &last, &c.Draft, &c.RunID)
	if trashed.Valid {
		at := parseTime(trashed.String)
		c.TrashedAt = &at
	}
	c.CreatedAt, c.LastAt = parseTime(created), parseTime(last)
	return c, err
}

// Conversation returns one, in the trash or not. Returns fault.NotFound.
func (d *DB) Conversation(ctx context.Context, id string) (httpapi.Conversation, error) {
	c, err := scanConversation(d.reader.QueryRowContext(ctx, conversationByID, id))
	if err != nil {
		return httpapi.Conversation{}, Explain(fmt.Errorf("read conversation: %w", err))
	}
	one := []httpapi.Conversation{c}
	err = d.countUnsent(ctx, one)
	return one[0], err
}

// countUnsent fills Unsent: messages the server does not have yet and answers
// that wait for their model, a message counted once.
func (d *DB) countUnsent(ctx context.Context, items []httpapi.Conversation) error {
	rows, err := d.reader.QueryContext(ctx, unsyncedByConversation)
	if err != nil {
		return Explain(fmt.Errorf("count unsynced messages: %w", err))
	}
	defer rows.Close()
	unsent := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return Explain(fmt.Errorf("count unsynced messages: %w", err))
		}
		unsent[id] = n
	}
	if err := rows.Err(); err != nil {
		return Explain(err)
	}
	waiting, err := d.waitingByConversation(ctx)
	if err != nil {
		return err
	}
	for i := range items {
		items[i].Unsent = max(unsent[items[i].ID], waiting[items[i].ID])
	}
	return nil
}

func encodeCursor(lastAt, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(lastAt + "|" + id))
}

// decodeCursor of nothing is the place after everything.
func decodeCursor(cursor string) (lastAt, id string, err error) {
	if cursor == "" {
		return afterAll, afterAll, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	lastAt, id, ok := strings.Cut(string(raw), "|")
	if err != nil || !ok || !isID(id) || parseTime(lastAt).IsZero() {
		return "", "", fault.New(fault.BadRequest, "The cursor is not one of ours.", err).At("query.cursor")
	}
	return lastAt, id, nil
}
