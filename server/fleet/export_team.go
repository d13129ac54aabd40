package fleet

import (
	"context"

	"github.com/jackc/pgx/v5"

	"nexusai/server/team"
)

// teams are a tenant's as a file has them, with their members by address.
func teams(ctx context.Context, tx pgx.Tx, tenantID string) ([]*entries, error) {
	all, err := team.List(ctx, tx, tenantID, "")
	if err != nil {
		return nil, err
	}
	out := []*entries{}
	for _, t := range all {
		in, err := team.Members(ctx, tx, tenantID, t.ID)
		if err != nil {
			return nil, err
		}
		addresses := []string{}
		for _, m := range in {
			addresses = append(addresses, m.Email)
		}
		one := mapping()
		one.put("name", t.Name, false)
		one.put("members", addresses, false)
		one.put("managed_by", t.Source, t.Source != sourceManual)
		out = append(out, one)
	}
	return out, nil
}
