package identity

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/store"
)

const (
	seenEvery  = 5 * time.Second
	seenWithin = 10 * time.Second
	seenAtMost = 50_000 // uses remembered between two writes; more are dropped
)

// seen collects when sessions and keys were last used and writes it down now
// and then, so that no request waits for it.
type seen struct {
	db  *store.DB
	log *slog.Logger

	mu   sync.Mutex
	uses map[use]time.Time
}

type use struct{ tenant, user, session, key string }

func newSeen(db *store.DB, log *slog.Logger) *seen {
	return &seen{db: db, log: log, uses: map[use]time.Time{}}
}

func (s *seen) note(c httpapi.Caller, at time.Time) {
	u := use{tenant: c.TenantID, session: c.SessionID, key: c.KeyID}
	if c.KeyID == "" {
		u.user = c.UserID // a key at work does not mean that its maker is here
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.uses[u]; there || len(s.uses) < seenAtMost {
		s.uses[u] = at
	}
}

func (s *seen) run(ctx context.Context) error {
	tick := time.NewTicker(seenEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.flush(ctx)
		case <-ctx.Done():
			s.flush(context.WithoutCancel(ctx))
			return nil
		}
	}
}

// flush writes what was collected. What cannot be written is lost: it is worth
// less than the memory to keep it.
func (s *seen) flush(ctx context.Context) {
	s.mu.Lock()
	uses := s.uses
	s.uses = make(map[use]time.Time, len(uses))
	s.mu.Unlock()
	if len(uses) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, seenWithin)
	defer cancel()
	byTenant := map[string]*usedRows{}
	for u, at := range uses {
		if byTenant[u.tenant] == nil {
			byTenant[u.tenant] = &usedRows{}
		}
		byTenant[u.tenant].add(u, at)
	}
	for tenant, rows := range byTenant {
		if err := s.db.Tenant(ctx, tenant, func(tx pgx.Tx) error { return rows.write(ctx, tx) }); err != nil {
			s.log.WarnContext(ctx, "last uses not written", "tenant_id", tenant, "err", fault.Cause(err))
		}
	}
}

// usedRows are columns for unnest, one statement for each table.
type usedRows struct {
	sessions, users, keys    []string
	sessionAt, userAt, keyAt []time.Time
}

func (r *usedRows) add(u use, at time.Time) {
	if u.session != "" {
		r.sessions, r.sessionAt = append(r.sessions, u.session), append(r.sessionAt, at)
	}
	if u.user != "" {
		r.users, r.userAt = append(r.users, u.user), append(r.userAt, at)
	}
	if u.key != "" {
		r.keys, r.keyAt = append(r.keys, u.key), append(r.keyAt, at)
	}
}

// Rows that somebody is changing are passed over: a sign-in or a revocation must
// neither wait for these statements nor meet them in a deadlock.
const (
	writeSessions = `
with n as (select id, max(at) as at from unnest($1::uuid[], $2::timestamptz[]) v(id, at) group by id),
     free as (select t.id from user_session t join n using (id) for no key update of t skip locked)
update user_session t set seen_at = greatest(t.seen_at, n.at) from n join free using (id) where t.id = n.id`
	writeUsers = `
with n as (select id, max(at) as at from unnest($1::uuid[], $2::timestamptz[]) v(id, at) group by id),
     free as (select t.id from app_user t join n using (id) for no key update of t skip locked)
update app_user t set seen_at = greatest(t.seen_at, n.at) from n join free using (id) where t.id = n.id`
	writeKeys = `
with n as (select id, max(at) as at from unnest($1::uuid[], $2::timestamptz[]) v(id, at) group by id),
     free as (select t.id from api_key t join n using (id) for no key update of t skip locked)
update api_key t set used_at = greatest(t.used_at, n.at) from n join free using (id) where t.id = n.id`
)

func (r *usedRows) write(ctx context.Context, tx pgx.Tx) error {
	for _, w := range []struct {
		sql string
		ids []string
		at  []time.Time
	}{{writeSessions, r.sessions, r.sessionAt}, {writeUsers, r.users, r.userAt}, {writeKeys, r.keys, r.keyAt}} {
		if len(w.ids) == 0 {
			continue
		}
		if _, err := tx.Exec(ctx, w.sql, w.ids, w.at); err != nil {
			return fmt.Errorf("write last uses: %w", err)
		}
	}
	return nil
}
