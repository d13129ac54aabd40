package content

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/tenant"
)

const loadWithin = 5 * time.Second

// policy is what holds for a tenant's calls now: that nothing is kept, before the
// policies were read for the first time. It waits for nothing.
func (b *Book) policy(tenantID string) tenant.Contents {
	known := b.known.Load()
	if known == nil {
		return tenant.Contents{}
	}
	return (*known)[tenantID]
}

// KeepsResponses says whether a tenant's callers may go on from what they were
// answered. It waits for nothing.
func (b *Book) KeepsResponses(tenantID string) bool { return b.policy(tenantID).Responses }

// KeptDays is for how long a tenant's calls are kept; 0: they are not.
func (b *Book) KeptDays(tenantID string) int { return keptDays(b.policy(tenantID)) }

func keptDays(c tenant.Contents) int {
	if !c.Keep {
		return 0
	}
	return c.Days
}

const selectKept = `select tenant_id::text, contents from nexus.contents_kept()`

// Load reads the policies of all tenants that keep something. Run does so every
// second; whoever starts a server does it before the first call.
func (b *Book) Load(ctx context.Context) error {
	b.loading.Lock()
	defer b.loading.Unlock()
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	all := map[string]tenant.Contents{}
	err := b.DB.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectKept)
		if err != nil {
			return err
		}
		var id string
		var data []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &data}, func() error {
			var c tenant.Contents
			if err := json.Unmarshal(data, &c); err != nil {
				return err
			}
			all[id] = c
			return nil
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("read who keeps contents: %w", err)
	}
	b.tell(b.known.Swap(&all), all)
	return nil
}

// tell has the members' chats say what holds now. before is nil at the start.
func (b *Book) tell(before *map[string]tenant.Contents, now map[string]tenant.Contents) {
	if before == nil {
		return
	}
	for id, c := range now {
		if keptDays((*before)[id]) != keptDays(c) {
			b.Hint(id, httpapi.Hint{Topic: "models"})
		}
	}
	for id, c := range *before {
		if _, known := now[id]; !known && c.Keep {
			b.Hint(id, httpapi.Hint{Topic: "models"})
		}
	}
}

// follow reads the policies again and again, until ctx ends.
func (b *Book) follow(ctx context.Context) {
	tick := time.NewTicker(freshFor)
	defer tick.Stop()
	away := false
	for {
		err := b.Load(ctx)
		if err != nil && !away && ctx.Err() == nil {
			b.Log.Warn("the policies of contents may be out of date", "err", fault.Cause(err))
		}
		away = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// SetPolicy decides, in the transaction of whoever does, what is kept of calls.
// It returns what holds then, and whether that is a change: one is audited.
func SetPolicy(ctx context.Context, tx pgx.Tx, by audit.Actor, now time.Time, want tenant.Contents) (tenant.Contents, bool, error) {
	settings, err := tenant.ReadSettings(ctx, tx)
	if err != nil {
		return want, false, err
	}
	have := settings.Kept()
	want.Readers = slices.Compact(slices.Sorted(slices.Values(want.Readers)))
	slices.Sort(have.Readers)
	if want.Keep == have.Keep && want.Responses == have.Responses && want.Days == have.Days && slices.Equal(want.Readers, have.Readers) {
		return have, false, nil
	}
	switch want.Since = have.Since; {
	case !want.Keep:
		want.Since = time.Time{}
	case !have.Keep:
		want.Since = now.UTC().Truncate(time.Microsecond)
	}
	if err := tenant.WriteSettings(ctx, tx, tenant.Settings{Contents: &want}); err != nil {
		return want, false, err
	}
	return want, true, audit.Append(ctx, tx, audit.Entry{
		Actor: by, Action: "contents.changed", Target: "contents", Facts: map[string]string{
			"keep": strconv.FormatBool(want.Keep), "responses": strconv.FormatBool(want.Responses), "days": strconv.Itoa(want.Days), "readers": strings.Join(want.Readers, " "),
		},
	})
}

// SetPolicy decides for a tenant. It holds here at once, and within a second in
// other processes.
func (b *Book) SetPolicy(ctx context.Context, tenantID string, by audit.Actor, want tenant.Contents) error {
	err := b.DB.Tenant(ctx, tenantID, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, holdSettings); err != nil {
			return err
		}
		_, _, err := SetPolicy(ctx, tx, by, b.Now(), want)
		return err
	})
	if err != nil {
		return err
	}
	return b.Load(ctx)
}

// holdSettings lets one decide at a time, and lets what is being stored by the
// old policy finish.
const holdSettings = `select from tenant for no key update`

const selectStored = `
select count(*), coalesce(sum(octet_length(sealed)), 0)::bigint, min(at),
    (select count(*) from kept_response where tenant_id = $1)
from call_content where tenant_id = $1`

// Stored is how much of a tenant's calls is kept.
type Stored struct {
	Calls, Bytes int64
	Oldest       *time.Time
	Responses    int64 // that callers may go on from
}

// Policy is what holds for a tenant, and what it has.
func (b *Book) Policy(ctx context.Context, tenantID string) (c tenant.Contents, s Stored, err error) {
	err = b.DB.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		settings, err := tenant.ReadSettings(ctx, tx)
		if err != nil {
			return err
		}
		c = settings.Kept()
		return tx.QueryRow(ctx, selectStored, tenantID).Scan(&s.Calls, &s.Bytes, &s.Oldest, &s.Responses)
	})
	if err != nil {
		return c, s, fmt.Errorf("read what is kept of calls: %w", err)
	}
	return c, s, nil
}
