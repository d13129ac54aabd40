package audit

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const startTrail = `
insert into audit_head (tenant_id, seq, hash) values (nexus.tenant_id(), 0, decode(repeat('00', 32), 'hex'))
on conflict do nothing`

const lockHead = `select tenant_id::text, seq, hash, clock_timestamp() from audit_head for update`

const insertEntry = `
insert into audit_entry (tenant_id, seq, at, actor_kind, actor_id, actor, action, target_id, target, facts, hash)
values (nexus.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

const moveHead = `update audit_head set seq = $1, hash = $2`

// first is what stands for the hash of the entry before the first.
var first = make([]byte, sha256.Size)

// Append adds entries to the trail of tx's tenant, in the transaction of the
// act itself: both happen or neither. It locks the tenant's trail until the
// transaction ends, so call it last.
func Append(ctx context.Context, tx pgx.Tx, entries ...Entry) error {
	if _, err := tx.Exec(ctx, startTrail); err != nil {
		return fmt.Errorf("start the audit trail: %w", err)
	}
	var tenant string
	var seq int64
	var hash []byte
	var now time.Time
	if err := tx.QueryRow(ctx, lockHead).Scan(&tenant, &seq, &hash, &now); err != nil {
		return fmt.Errorf("lock the audit trail: %w", err)
	}
	for _, e := range entries {
		if e.At.IsZero() {
			e.At = now
		}
		if err := e.name(ctx, tx); err != nil {
			return err
		}
		e.tidy()
		seq++
		hash = Hash(tenant, seq, e, hash)
		_, err := tx.Exec(ctx, insertEntry, seq, e.At, e.Actor.Kind, e.Actor.ID, e.Actor.Name, e.Action, e.TargetID, e.Target, e.Facts, hash)
		if err != nil {
			return fmt.Errorf("append audit entry %d: %w", seq, err)
		}
	}
	if _, err := tx.Exec(ctx, moveHead, seq, hash); err != nil {
		return fmt.Errorf("move the audit head to %d: %w", seq, err)
	}
	return nil
}

const actorName = `
select coalesce(nullif(name, ''), email::text) from app_user where $1 = 'user' and id::text = $2
union all
select name from api_key where $1 = 'key' and id::text = $2`

// name fills in what the actor is called today: an entry must still be read
// when the user has another name.
func (e *Entry) name(ctx context.Context, tx pgx.Tx) error {
	if e.Actor.Name != "" {
		return nil
	}
	rows, err := tx.Query(ctx, actorName, e.Actor.Kind, e.Actor.ID)
	if err != nil {
		return fmt.Errorf("look up the actor's name: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look up the actor's name: %w", err)
	}
	e.Actor.Name = e.Actor.ID
	if len(names) == 1 {
		e.Actor.Name = names[0]
	}
	return nil
}
