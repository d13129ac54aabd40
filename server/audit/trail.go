package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/store"
)

// Config says which database and which places outside of it.
type Config struct {
	DB   *store.DB        // required
	Dir  string           // required: the server's data folder; heads go to Dir/audit/heads.jsonl
	Away Away             // heads go there too; nil: nowhere else
	Log  *slog.Logger     // required
	Now  func() time.Time // default time.Now
}

// Away keeps objects where whoever can change this machine's disk need not be
// able to. *blob.S3 is one.
type Away interface {
	// PutNamed writes content, over what had that name.
	PutNamed(ctx context.Context, name string, content []byte) error
	// Named reads all objects whose names begin with prefix.
	Named(ctx context.Context, prefix string) ([][]byte, error)
}

// Trail reads and verifies the tenants' trails. Safe for concurrent use.
type Trail struct {
	db    *store.DB
	heads string // path
	away  Away   // may be nil
	log   *slog.Logger
	now   func() time.Time
}

// New checks cfg; it touches neither database nor folder.
func New(cfg Config) (*Trail, error) {
	if cfg.DB == nil || cfg.Dir == "" || cfg.Log == nil {
		return nil, errors.New("audit.Config needs DB, Dir and Log")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Trail{db: cfg.DB, heads: filepath.Join(cfg.Dir, "audit", "heads.jsonl"), away: cfg.Away, log: cfg.Log, now: cfg.Now}, nil
}

const listEntries = `
select seq, at, actor_kind, actor_id, actor, action, target_id, target, facts, hash from audit_entry
where ($1 = 0 or seq < $1) and ($2 = '' or action = $2 or starts_with(action, $2 || '.')) and ($3 = '' or actor = $3)
order by seq desc limit $4`

// stored is an entry as its row has it.
type stored struct {
	Entry
	Seq  int64
	Hash []byte
}

func scan(row pgx.CollectableRow) (s stored, err error) {
	err = row.Scan(&s.Seq, &s.At, &s.Actor.Kind, &s.Actor.ID, &s.Actor.Name, &s.Action, &s.TargetID, &s.Target, &s.Facts, &s.Hash)
	return s, err
}

// List is a page of the tenant's entries, newest first. Action selects one
// action or a whole noun ("user"), Actor a name. A cursor that is not ours is
// fault.BadRequest.
func (t *Trail) List(ctx context.Context, tenantID string, q httpapi.AuditQuery) (httpapi.AuditPage, error) {
	page := httpapi.AuditPage{Items: []httpapi.AuditEntry{}}
	var before int64
	if q.Cursor != "" {
		n, err := strconv.ParseInt(q.Cursor, 10, 64)
		if err != nil || n <= 0 {
			return page, fault.New(fault.BadRequest, "That cursor is not one of ours.", err).At("query.cursor")
		}
		before = n
	}
	if q.Limit < 1 || q.Limit > 500 {
		q.Limit = 100
	}
	var found []stored
	err := t.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, listEntries, before, clip(q.Action), clip(q.Actor), q.Limit+1)
		if err != nil {
			return fmt.Errorf("list audit entries: %w", err)
		}
		found, err = pgx.CollectRows(rows, scan)
		return err
	})
	if err != nil {
		return page, err
	}
	if len(found) > q.Limit {
		found = found[:q.Limit]
		page.NextCursor = strconv.FormatInt(found[q.Limit-1].Seq, 10)
	}
	for _, s := range found {
		page.Items = append(page.Items, httpapi.AuditEntry{
			Seq: s.Seq, At: s.At.UTC(), Actor: s.Actor.Name, Action: s.Action, Target: s.Target, Facts: s.Facts, Hash: hex.EncodeToString(s.Hash),
		})
	}
	return page, nil
}
