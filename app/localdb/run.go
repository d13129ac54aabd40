package localdb

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Run is one wish for an answer; see migration 0002.
type Run struct {
	ID             string
	ConversationID string
	MessageID      string
	Regenerate     string
	Model          string
	State          string // accepting, waiting, sending, running, done, stopped, failed
	WaitsFor       string
	Attempts       int
	NextAt         time.Time
	RemoteID       string
	AnswerID       string
	Text           string
	CreatedAt      time.Time
	EndedAt        time.Time // zero while it is in the queue
}

const runColumns = `id, conversation_id, message_id, regenerate, model, state, waits_for, attempts, next_at, remote_id, answer_id, text, created_at, ended_at`

const (
	runByID     = `SELECT ` + runColumns + ` FROM run WHERE id = ?`
	runByWish   = `SELECT ` + runColumns + ` FROM run WHERE message_id = ? AND regenerate = ?`
	queuedRuns  = `SELECT ` + runColumns + ` FROM run WHERE ended_at = '' ORDER BY created_at, id`
	activeRunOf = `SELECT ` + runColumns + ` FROM run WHERE conversation_id = ?1 AND ((ended_at = '' AND state <> 'failed') OR (state = 'done' AND text <> ''
		AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = answer_id))) ORDER BY created_at DESC LIMIT 1`
	// insertRun lets the first of two equal wishes win.
	insertRun = `INSERT INTO run (` + runColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')
		ON CONFLICT (message_id, regenerate) DO NOTHING`
	updateRun = `UPDATE run SET model = ?, state = ?, waits_for = ?, attempts = ?, next_at = ?, remote_id = ?, answer_id = ?, text = ?, ended_at = ? WHERE id = ?`
	// An ended run whose answer arrived needs its text no more.
	forgetTexts = `UPDATE run SET text = '' WHERE ended_at <> '' AND text <> '' AND EXISTS (SELECT 1 FROM message m WHERE m.id = answer_id)`
	forgetRuns  = `DELETE FROM run WHERE ended_at <> '' AND ended_at < ?`
	// A send that died before its message was stored was never acknowledged.
	dropUnaccepted = `DELETE FROM run WHERE state = 'accepting' AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = message_id)`
	takeAccepted   = `UPDATE run SET state = 'waiting' WHERE state = 'accepting'`
)

func scanRun(row scanner) (Run, error) {
	var r Run
	var next, created, ended string
	err := row.Scan(&r.ID, &r.ConversationID, &r.MessageID, &r.Regenerate, &r.Model, &r.State, &r.WaitsFor,
		&r.Attempts, &next, &r.RemoteID, &r.AnswerID, &r.Text, &created, &ended)
	r.NextAt, r.CreatedAt, r.EndedAt = parseTime(next), parseTime(created), parseTime(ended)
	return r, err
}

// AddRun stores a wish and returns the run that stands for it: r, or the one
// that was there.
func (d *DB) AddRun(ctx context.Context, r Run) (Run, error) {
	err := d.exec(ctx, insertRun, r.ID, r.ConversationID, r.MessageID, r.Regenerate, r.Model, r.State, r.WaitsFor,
		r.Attempts, stamp(r.NextAt), r.RemoteID, r.AnswerID, r.Text, stamp(r.CreatedAt))
	if err != nil {
		return Run{}, err
	}
	return d.RunOf(ctx, r.MessageID, r.Regenerate)
}

// Run returns one by id. Returns fault.NotFound.
func (d *DB) Run(ctx context.Context, id string) (Run, error) {
	r, err := scanRun(d.reader.QueryRowContext(ctx, runByID, id))
	return r, Explain(err)
}

// RunOf returns the run of a message, or of one regeneration of its answer.
// Returns fault.NotFound.
func (d *DB) RunOf(ctx context.Context, messageID, regenerate string) (Run, error) {
	r, err := scanRun(d.reader.QueryRowContext(ctx, runByWish, messageID, regenerate))
	return r, Explain(err)
}

// ActiveRun returns the newest run of a conversation that is queued, or whose
// answer has not arrived yet. Returns fault.NotFound.
func (d *DB) ActiveRun(ctx context.Context, conversationID string) (Run, error) {
	r, err := scanRun(d.reader.QueryRowContext(ctx, activeRunOf, conversationID))
	return r, Explain(err)
}

// QueuedRuns are those that have not ended, oldest first.
func (d *DB) QueuedRuns(ctx context.Context) ([]Run, error) {
	rows, err := d.reader.QueryContext(ctx, queuedRuns)
	if err != nil {
		return nil, Explain(fmt.Errorf("list the queue: %w", err))
	}
	defer rows.Close()
	var out []Run
	for rows.Next() {
		r, err := scanRun(rows)
		if err != nil {
			return nil, Explain(fmt.Errorf("read a run: %w", err))
		}
		out = append(out, r)
	}
	return out, Explain(rows.Err())
}

// SaveRun stores what may change of a run.
func (d *DB) SaveRun(ctx context.Context, r Run) error {
	ended := ""
	if !r.EndedAt.IsZero() {
		ended = stamp(r.EndedAt)
	}
	return d.exec(ctx, updateRun, r.Model, r.State, r.WaitsFor, r.Attempts, stamp(r.NextAt), r.RemoteID, r.AnswerID, r.Text, ended, r.ID)
}

// DropRun removes a run whose message could not be stored.
func (d *DB) DropRun(ctx context.Context, id string) error {
	return d.exec(ctx, `DELETE FROM run WHERE id = ?`, id)
}

// Withdraw hides a message that no model has seen and removes its run.
func (d *DB) Withdraw(ctx context.Context, r Run) error {
	return d.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM run WHERE id = ?`, r.ID); err != nil {
			return err
		}
		if r.Regenerate != "" {
			return nil
		}
		_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO withdrawn (message_id) VALUES (?)`, r.MessageID)
		return err
	})
}

// RunMemory is how long a repeated send is still known.
const RunMemory = 30 * 24 * time.Hour

// TidyRuns forgets what ended runs no longer need and settles sends that a
// crash cut off; it is called at the start and now and then.
func (d *DB) TidyRuns(ctx context.Context, starting bool) error {
	return d.Update(ctx, func(tx *sql.Tx) error {
		steps := []string{forgetTexts}
		if starting {
			steps = append(steps, dropUnaccepted, takeAccepted)
		}
		for _, query := range steps {
			if _, err := tx.ExecContext(ctx, query); err != nil {
				return fmt.Errorf("tidy runs: %w", err)
			}
		}
		_, err := tx.ExecContext(ctx, forgetRuns, stamp(d.cfg.Now().Add(-RunMemory)))
		return err
	})
}

func (d *DB) waitingByConversation(ctx context.Context) (map[string]int, error) {
	rows, err := d.reader.QueryContext(ctx, `SELECT conversation_id, count(*) FROM run WHERE ended_at = '' AND state = 'waiting' GROUP BY 1`)
	if err != nil {
		return nil, Explain(fmt.Errorf("count the queue: %w", err))
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, Explain(err)
		}
		out[id] = n
	}
	return out, Explain(rows.Err())
}
