package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nexusai/backend/fault"
)

// ErrPrivileged is Open's refusal of a role that row-level security does not bind.
var ErrPrivileged = errors.New("this database role is not bound by row-level security")

const inspectRole = `
select r.rolname, r.rolsuper, r.rolbypassrls,
       exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where n.nspname in ('public', 'nexus', 'river') and c.relkind in ('r', 'p')
                 and pg_has_role(session_user, c.relowner, 'member'))
from pg_roles r where r.rolname in (session_user, current_user)`

// checkRole looks at what the role is and at every role it could become.
func (db *DB) checkRole(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	rows, err := db.pool.Query(ctx, inspectRole)
	if err != nil {
		return translate(fmt.Errorf("look at the database role: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var super, bypass, owner bool
		if err := rows.Scan(&name, &super, &bypass, &owner); err != nil {
			return fmt.Errorf("look at the database role: %w", err)
		}
		if why := privilege(super, bypass, owner); why != "" {
			cause := fmt.Errorf("role %q %s: %w; give NEXUS_DATABASE_URL the role nexus_app", name, why, ErrPrivileged)
			return fault.New(fault.Forbidden, "The server refuses this database role.", cause)
		}
	}
	return translate(rows.Err())
}

func privilege(super, bypass, owner bool) string {
	switch {
	case super:
		return "is a superuser"
	case bypass:
		return "has BYPASSRLS"
	case owner:
		return "owns tables of NexusAI"
	}
	return ""
}
