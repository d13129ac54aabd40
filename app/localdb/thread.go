package localdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
)

// A message waits or has failed when its first answer does; the run of a
// regeneration has a place of its own in the thread.
const messagesOf = `SELECT m.id, m.conversation_id, coalesce(m.parent_id, ''), m.role, m.text, m.model, m.finish, m.error_code,
		m.input_tokens, m.output_tokens, m.cost_nano_usd, coalesce(m.run_id, ''), m.created_at, m.pending,
		coalesce(r.state, ''), coalesce(r.waits_for, '')
	FROM message m LEFT JOIN run r ON r.message_id = m.id AND r.regenerate = ''
	WHERE m.conversation_id = ? AND NOT EXISTS (SELECT 1 FROM withdrawn w WHERE w.message_id = m.id)
	ORDER BY m.created_at, m.id`

// Messages returns a conversation's tree, oldest first.
func (d *DB) Messages(ctx context.Context, conversationID string) ([]httpapi.Message, error) {
	rows, err := d.reader.QueryContext(ctx, messagesOf, conversationID)
	if err != nil {
		return nil, Explain(fmt.Errorf("list messages: %w", err))
	}
	defer rows.Close()
	out := []httpapi.Message{}
	for rows.Next() {
		var m httpapi.Message
		var created, runState string
		var pending bool
		if err := rows.Scan(&m.ID, &m.ConversationID, &m.ParentID, &m.Role, &m.Text, &m.Model, &m.Finish, &m.ErrorCode,
			&m.InputTokens, &m.OutputTokens, &m.CostNanoUSD, &m.RunID, &created, &pending, &runState, &m.WaitsFor); err != nil {
			return nil, Explain(fmt.Errorf("read a message: %w", err))
		}
		m.CreatedAt = parseTime(created)
		m.State = messageState(runState, pending)
		if m.State != "waiting" && m.State != "failed" {
			m.WaitsFor = ""
		}
		out = append(out, m)
	}
	return out, Explain(rows.Err())
}

func messageState(run string, pending bool) string {
	switch {
	case run == "waiting" || run == "accepting":
		return "waiting"
	case run == "failed":
		return "failed"
	case pending:
		return "saving"
	}
	return "sent"
}

// Draft returns the unsent text of a conversation, empty when there is none.
func (d *DB) Draft(ctx context.Context, conversationID string) (string, error) {
	var text string
	err := d.reader.QueryRowContext(ctx, `SELECT text FROM draft WHERE id = ?`, conversationID).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return text, Explain(err)
}

// Known reports which of a conversation, a message and a draft exist here.
func (d *DB) Known(ctx context.Context, conversationID, messageID string) (conversation, message, draft bool, err error) {
	err = d.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM conversation WHERE id = ?1),
		EXISTS (SELECT 1 FROM message WHERE id = ?2), EXISTS (SELECT 1 FROM draft WHERE id = ?1)`,
		conversationID, messageID).Scan(&conversation, &message, &draft)
	return conversation, message, draft, Explain(err)
}

// Node is what a model reads of a message.
type Node struct {
	ID, ConversationID, ParentID, Role, Text string
}

// pathUp walks from a message to the root; 2000 is a bound against a cycle that
// a damaged file could hold, not a length anybody reaches.
const pathUp = `WITH RECURSIVE up (id, conversation_id, parent_id, role, text, depth) AS (
		SELECT id, conversation_id, coalesce(parent_id, ''), role, text, 0 FROM message WHERE id = ?1
		UNION ALL
		SELECT m.id, m.conversation_id, coalesce(m.parent_id, ''), m.role, m.text, up.depth + 1
		FROM message m JOIN up ON m.id = up.parent_id WHERE up.depth < 2000)
	SELECT id, conversation_id, parent_id, role, text FROM up ORDER BY depth DESC`

// Path returns the messages from the root down to id, which is the last one.
// Returns no rows when the message is not here.
func (d *DB) Path(ctx context.Context, id string) ([]Node, error) {
	rows, err := d.reader.QueryContext(ctx, pathUp, id)
	if err != nil {
		return nil, Explain(fmt.Errorf("walk a thread: %w", err))
	}
	defer rows.Close()
	var out []Node
	for rows.Next() {
		var n Node
		if err := rows.Scan(&n.ID, &n.ConversationID, &n.ParentID, &n.Role, &n.Text); err != nil {
			return nil, Explain(fmt.Errorf("walk a thread: %w", err))
		}
		out = append(out, n)
	}
	return out, Explain(rows.Err())
}

// Prompt is a path as a model reads it.
func Prompt(nodes []Node) []llm.Message {
	out := make([]llm.Message, 0, len(nodes))
	for _, n := range nodes {
		if n.Text != "" {
			out = append(out, llm.Message{Role: llm.Role(n.Role), Text: n.Text})
		}
	}
	return out
}

// UnconfirmedIn reports whether operations of a conversation or its messages
// still wait for the server, parked ones aside.
func (d *DB) UnconfirmedIn(ctx context.Context, conversationID string) (bool, error) {
	var left bool
	err := d.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sync_outbox o WHERE o.state = 'queued' AND (
		(o.entity = 'conversation' AND o.id = ?1) OR
		(o.entity = 'message' AND EXISTS (SELECT 1 FROM message m WHERE m.id = o.id AND m.conversation_id = ?1))))`, conversationID).Scan(&left)
	return left, Explain(err)
}

// ConversationOf is the conversation of a message. Returns fault.NotFound.
func (d *DB) ConversationOf(ctx context.Context, messageID string) (id string, err error) {
	err = d.reader.QueryRowContext(ctx, `SELECT conversation_id FROM message WHERE id = ?`, messageID).Scan(&id)
	return id, Explain(err)
}
