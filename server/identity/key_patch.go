package identity

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

const (
	oneKey   = selectKeys + ` where k.id = $1`
	patchKey = `
update api_key set name = coalesce($2, name), models = coalesce($3::text[], models), cache = coalesce($4, cache) where id = $1`
)

// PatchKey changes what is present in p; within a second it holds for the key's
// next calls in every process. Who may not manage people may change only keys
// of their own. A revoked key stays as it is: fault.Conflict.
func (s *Service) PatchKey(ctx context.Context, c httpapi.Caller, keyID string, p httpapi.KeyPatch) (key httpapi.Key, err error) {
	if p.Name != nil {
		name, err := cleanText("body.name", *p.Name, 1, maxName)
		if err != nil {
			return key, err
		}
		p.Name = &name
	}
	if p.Models != nil { // nil stays nil: absent
		if p.Models, err = cleanModels(p.Models); err != nil {
			return key, err
		}
	}
	err = s.withKey(ctx, c, keyID, func(tx pgx.Tx, k heldKey) error {
		if k.revoked {
			return fault.New(fault.Conflict, "This key is revoked.", nil).WithHint("Create another one.")
		}
		if _, err := tx.Exec(ctx, patchKey, k.id, p.Name, p.Models, p.Cache); err != nil {
			return fmt.Errorf("change an API key: %w", err)
		}
		rows, err := tx.Query(ctx, oneKey, k.id)
		if err != nil {
			return fmt.Errorf("read an API key: %w", err)
		}
		if key, err = pgx.CollectExactlyOneRow(rows, scanKey); err != nil {
			return fmt.Errorf("read an API key: %w", err)
		}
		return k.changed(ctx, tx, c, "key.changed", keyFacts(p))
	})
	return key, err
}

func keyFacts(p httpapi.KeyPatch) map[string]string {
	facts := map[string]string{}
	if p.Name != nil {
		facts["name"] = *p.Name
	}
	if p.Models != nil {
		facts["models"] = "any"
		if len(p.Models) > 0 {
			facts["models"] = strings.Join(p.Models, ", ")
		}
	}
	if p.Cache != nil {
		facts["cache"] = strconv.FormatBool(*p.Cache)
	}
	return facts
}
