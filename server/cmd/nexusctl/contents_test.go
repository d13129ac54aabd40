package main

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/server/tenant"
)

func TestContentsDelete(t *testing.T) {
	t.Parallel()
	x := newTool(t)
	for name, args := range map[string][]string{
		"nobody named": {"contents", "delete"}, "both": {"contents", "delete", "--all", "--holder", uuid.NewString()}, "no id": {"contents", "delete", "--holder", "ana"},
	} {
		if got := x.run("", args...); got.status != misused {
			t.Errorf("%s: %+v", name, got)
		}
	}
	db := x.store()
	team, err := tenant.BySlug(t.Context(), db, "acme")
	x.must(err)
	ana := uuid.NewString()
	for _, holder := range []string{ana, uuid.NewString()} {
		x.must(db.Tenant(t.Context(), team.ID, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `insert into call_content values ($1, now(), gen_random_uuid(), $2, 'x', now() + interval '1 day')`, team.ID, holder)
			return err
		}))
	}
	x.must(db.Tenant(t.Context(), team.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into kept_response (tenant_id, holder, id, sealed, bytes, created_at, used_at, expires_at)
			values ($1, $2, 'r', 'x', 1, now(), now(), now() + interval '1 day')`, team.ID, ana)
		return err
	}))
	x.run("", "contents", "delete", "--holder", ana).want(done).says("of 1 calls, and 1 responses")
	x.run("", "contents", "delete", "--all").want(done).says("of 1 calls, and 0 responses")
	x.run("", "audit", "verify").want(done)
}
