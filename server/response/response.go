// Package response keeps answers that their callers may go on from, where their
// tenant's policy says so.
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
	"nexusai/server/tenant"
)

const (
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
	Deployment string    `json:"deployment,omitempty"`
	Key        string    `json:"key,omitempty"`
	Began      time.Time `json:"-"` // when it was asked: what was deleted since then is not kept
}

func place(h Holder, id string) secret.Where {
	return secret.Where{Tenant: h.TenantID, Row: h.ID + "/" + id, Column: "kept_response.sealed"}
}

const (
	// hold keeps the policy and the erasures as they are until what was decided by
	// them is committed.
	hold = `select from tenant for share`
	keep = `
insert into kept_response (tenant_id, holder, id, previous, sealed, bytes, created_at, used_at, expires_at)
select $1::uuid, $2::uuid, $3, $4, $5::bytea, $6::integer, $7::timestamptz, $7, $8::timestamptz
where not exists (
    select from content_erasure -- of the holder, or of everybody
    where tenant_id = $1 and holder in ($2, '00000000-0000-0000-0000-000000000000') and at >= $9
)
on conflict (tenant_id, holder, id) do nothing`
)

// renew lets a whole history live on, at most once an hour.
const renew = `
with recursive chain as (
    select id, previous, 1 as depth from kept_response where tenant_id = $1 and holder = $2 and id = $3
    union all
    select r.id, r.previous, c.depth + 1 from chain c
    join kept_response r on r.tenant_id = $1 and r.holder = $2 and r.id = c.previous
    where c.previous <> '' and c.depth < $5
)
update kept_response set used_at = $4, expires_at = $6
where tenant_id = $1 and holder = $2 and id in (select id from chain) and used_at < $4::timestamptz - interval '1 hour'`

// Save keeps a turn, if the tenant's policy says so. One that is too large is
// left out: going on from it then says that it is not there.
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
		if _, err := tx.Exec(ctx, hold); err != nil {
			return fmt.Errorf("hold the policy of responses: %w", err)
		}
		settings, err := tenant.ReadSettings(ctx, tx)
		if err != nil || !settings.Kept().Responses {
			return err
		}
		until := now.Add(settings.Kept().Age())
		if _, err := tx.Exec(ctx, keep, h.TenantID, h.ID, t.ID, t.Previous, sealed, len(plain), now, until, t.Began); err != nil {
			return fmt.Errorf("keep a response: %w", err)
		}
		if t.Previous == "" {
			return nil
		}
		if _, err := tx.Exec(ctx, renew, h.TenantID, h.ID, t.Previous, now, maxDepth, until); err != nil {
			return fmt.Errorf("renew a response: %w", err)
		}
		return nil
	})
}

// lives is what rows that have not expired yet are later than: now in
// expires_at, and usedAfter in used_at, by a policy that may be shorter than
// when they were kept.
func (b *Book) lives(ctx context.Context, tx pgx.Tx) (now, usedAfter time.Time, err error) {
	settings, err := tenant.ReadSettings(ctx, tx)
	now = b.Now()
	return now, now.Add(-settings.Kept().Age()), err
}

const history = `
with recursive chain as (
    select id, previous, sealed, 1 as depth, bytes::bigint as total from kept_response
    where tenant_id = $1 and holder = $2 and id = $3 and expires_at > $4 and used_at > $7
    union all
    select r.id, r.previous, r.sealed, c.depth + 1, c.total + r.bytes from chain c
    join kept_response r on r.tenant_id = $1 and r.holder = $2 and r.id = c.previous and r.expires_at > $4 and r.used_at > $7
    where c.previous <> '' and c.depth < $5 and c.total + r.bytes <= $6
)
select id, previous, sealed from chain order by depth desc`

// History is what led to a response, oldest first, and the response last. It
// returns a fault.NotFound when one of them is not there (any more), or not the
// holder's, and a fault.ContextTooLong when they are too many.
func (b *Book) History(ctx context.Context, h Holder, id string) ([]Turn, error) {
	var all []Turn
	err := b.DB.TenantRead(ctx, h.TenantID, func(tx pgx.Tx) error {
		now, usedAfter, err := b.lives(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, history, h.TenantID, h.ID, id, now, maxDepth, int64(maxHistory), usedAfter)
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

const exists = `
select exists (select from kept_response where tenant_id = $1 and holder = $2 and id = $3 and expires_at > $4 and used_at > $5)`

// broken says why a history does not reach its beginning.
func (b *Book) broken(ctx context.Context, h Holder, id string) error {
	there := false
	err := b.DB.TenantRead(ctx, h.TenantID, func(tx pgx.Tx) error {
		now, usedAfter, err := b.lives(ctx, tx)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, exists, h.TenantID, h.ID, id, now, usedAfter).Scan(&there)
	})
	if err != nil {
		return err
	}
	if there {
		return fault.New(fault.ContextTooLong, "The responses that this one goes on from are too long.", nil)
	}
	return fault.New(fault.NotFound, "A response that this one goes on from is gone.", nil)
}

const find = `
select id, previous, sealed from kept_response
where tenant_id = $1 and holder = $2 and id = $3 and expires_at > $4 and used_at > $5`

// Find is a response as its caller got it, or a fault.NotFound.
func (b *Book) Find(ctx context.Context, h Holder, id string) (Turn, error) {
	var t Turn
	err := b.DB.TenantRead(ctx, h.TenantID, func(tx pgx.Tx) error {
		now, usedAfter, err := b.lives(ctx, tx)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, find, h.TenantID, h.ID, id, now, usedAfter)
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

const erase = `delete from kept_response where tenant_id = $1 and ($2 = '' or holder::text = $2)`

// Erase forgets, in the transaction of whoever does, those of a holder; empty:
// all. It returns how many.
func Erase(ctx context.Context, tx pgx.Tx, tenantID, holder string) (int64, error) {
	done, err := tx.Exec(ctx, erase, tenantID, holder)
	if err != nil {
		return 0, fmt.Errorf("delete responses: %w", err)
	}
	return done.RowsAffected(), nil
}
