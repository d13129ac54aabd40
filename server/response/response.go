// Package response keeps answers that their callers may go on from.
package response

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/server/secret"
)

const (
	// Keep is how long a response lives after it was made or gone on from;
	// OpenAI keeps them as long.
	Keep = 30 * 24 * time.Hour
	// MaxBytes of one response with its input; a larger one is not kept.
	MaxBytes = 4 << 20
	// maxHistory bounds what a request may go on from: bytes, and responses.
	maxHistory = 12 << 20
	maxDepth   = 512
	// maxPerHolder bounds how many one key or person has; the oldest go first.
	maxPerHolder = 10_000
)

// Database is where they are; *store.DB is one.
type Database interface {
	Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	System(ctx context.Context, fn func(pgx.Tx) error) error
}

// Config of a Book; all but Now are required.
type Config struct {
	DB   Database
	Keys *secret.Keyring
	Now  func() time.Time
}

// Book keeps responses. Safe for concurrent use.
type Book struct{ Config }

// New checks cfg.
func New(cfg Config) (*Book, error) {
	if cfg.DB == nil || cfg.Keys == nil {
		return nil, errors.New("response.Config needs DB and Keys")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Book{cfg}, nil
}

// Holder is who may see a response: a tenant's key, or a person without one.
type Holder struct{ TenantID, ID string }

// Turn is a request and its answer.
type Turn struct {
	ID       string          `json:"-"`
	Previous string          `json:"-"`
	Input    json.RawMessage `json:"input"` // a list of items
	Body     json.RawMessage `json:"body"`  // the response
	// Deployment and Key answered: their prompt cache has it, and what was sealed
	// opens there.
	Deployment string `json:"deployment,omitempty"`
	Key        string `json:"key,omitempty"`
}

func place(h Holder, id string) secret.Where {
	return secret.Where{Tenant: h.TenantID, Row: h.ID + "/" + id, Column: "kept_response.sealed"}
}

const keep = `
insert into kept_response (tenant_id, holder, id, previous, sealed, bytes, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (tenant_id, holder, id) do nothing`

// renew lets a whole history live on, at most once a day.
const renew = `
with recursive chain as (
    select id, previous, 1 as depth from kept_response where tenant_id = $1 and holder = $2 and id = $3
    union all
    select r.id, r.previous, c.depth + 1 from chain c
    join kept_response r on r.tenant_id = $1 and r.holder = $2 and r.id = c.previous
    where c.previous <> '' and c.depth < $5
)
update kept_response set expires_at = $4
where tenant_id = $1 and holder = $2 and id in (select id from chain) and expires_at < $4::timestamptz - interval '1 day'`

// Save keeps a turn. One that is too large is left out: going on from it then
// says that it is not there.
func (b *Book) Save(ctx context.Context, h Holder, t Turn) error {
	plain, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode a response: %w", err)
	}
	if len(plain) > MaxBytes || len(t.ID) > 200 {
		return nil
	}
	sealed, err := b.Keys.Seal(plain, place(h, t.ID))
	if err != nil {
		return fmt.Errorf("seal a response: %w", err)
	}
	now := b.Now()
	return b.DB.Tenant(ctx, h.TenantID, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, keep, h.TenantID, h.ID, t.ID, t.Previous, sealed, len(plain), now, now.Add(Keep)); err != nil {
			return fmt.Errorf("keep a response: %w", err)
		}
		if t.Previous == "" {
			return nil
		}
		if _, err := tx.Exec(ctx, renew, h.TenantID, h.ID, t.Previous, now.Add(Keep), maxDepth); err != nil {
			return fmt.Errorf("renew a response: %w", err)
		}
		return nil
	})
}

const history = `
with recursive chain as (
    select id, previous, sealed, 1 as depth, bytes::bigint as total from kept_response
    where tenant_id = $1 and holder = $2 and id = $3 and expires_at > $4
    union all
    select r.id, r.previous, r.sealed, c.depth + 1, c.total + r.bytes from chain c
    join kept_response r on r.tenant_id = $1 and r.holder = $2 and r.id = c.previous and r.expires_at > $4
    where c.previous <> '' and c.depth < $5 and c.total + r.bytes <= $6
)
select id, previous, sealed from chain order by depth desc`

// History is what led to a response, oldest first, and the response last. It
// returns a fault.NotFound when one of them is not there (any more), or not the
// holder's, and a fault.ContextTooLong when they are too many.
func (b *Book) History(ctx context.Context, h Holder, id string) ([]Turn, error) {
	var all []Turn
	err := b.DB.TenantRead(ctx, h.TenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, history, h.TenantID, h.ID, id, b.Now(), maxDepth, int64(maxHistory))
		if err != nil {
			return fmt.Errorf("read a history: %w", err)
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Turn, error) { return b.scan(h, row) })
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, "There is no such response.", nil)
	}
	if first := all[0]; first.Previous != "" {
		return nil, b.broken(ctx, h, first.Previous)
	}
	return all, nil
}

func (b *Book) scan(h Holder, row pgx.CollectableRow) (t Turn, err error) {
	var sealed []byte
	if err := row.Scan(&t.ID, &t.Previous, &sealed); err != nil {
		return t, err
	}
	plain, err := b.Keys.Open(sealed, place(h, t.ID))
	if err != nil {
		return t, fmt.Errorf("open response %s: %w", t.ID, err)
	}
	if err := json.Unmarshal(plain, &t); err != nil {
		return t, fmt.Errorf("decode response %s: %w", t.ID, err)
	}
	return t, nil
}

const exists = `select exists (select from kept_response where tenant_id = $1 and holder = $2 and id = $3 and expires_at > $4)`

// broken says why a history does not reach its beginning.
func (b *Book) broken(ctx context.Context, h Holder, id string) error {
	there := false
	err := b.DB.TenantRead(ctx, h.TenantID, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, exists, h.TenantID, h.ID, id, b.Now()).Scan(&there)
	})
	if err != nil {
		return err
	}
	if there {
		return fault.New(fault.ContextTooLong, "The responses that this one goes on from are too long.", nil)
	}
	return fault.New(fault.NotFound, "A response that this one goes on from is gone.", nil)
}

const find = `select id, previous, sealed from kept_response where tenant_id = $1 and holder = $2 and id = $3 and expires_at > $4`

// Find is a response as its caller got it, or a fault.NotFound.
func (b *Book) Find(ctx context.Context, h Holder, id string) (Turn, error) {
	var t Turn
	err := b.DB.TenantRead(ctx, h.TenantID, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, find, h.TenantID, h.ID, id, b.Now())
		if err != nil {
			return fmt.Errorf("find a response: %w", err)
		}
		t, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Turn, error) { return b.scan(h, row) })
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = fault.New(fault.NotFound, "There is no such response.", err)
	}
	return t, err
}

const remove = `delete from kept_response where tenant_id = $1 and holder = $2 and id = $3`

// Delete forgets a response, or returns a fault.NotFound. What went on from it
// cannot be gone on from any more.
func (b *Book) Delete(ctx context.Context, h Holder, id string) error {
	return b.DB.Tenant(ctx, h.TenantID, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, remove, h.TenantID, h.ID, id)
		if err == nil && done.RowsAffected() == 0 {
			err = fault.New(fault.NotFound, "There is no such response.", nil)
		}
		return err
	})
}
