package audit

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
)

const (
	exportEvery  = time.Minute
	exportWithin = 15 * time.Second
)

// Exporter writes the heads of all trails to the file outside the database, and
// away from here where that is configured. Run it in one goroutine per process,
// and end it before the database.
type Exporter struct {
	trail *Trail
	last  map[string]int64 // tenant → newest exported entry; nil until the file was read
	away  *copyAway        // nil: nowhere
}

// NewExporter exports for t.
func NewExporter(t *Trail) *Exporter {
	e := &Exporter{trail: t}
	if t.away != nil {
		e.away = &copyAway{to: t.away, process: uuid.NewString(), last: map[string]int64{}}
	}
	return e
}

// Run exports every minute, and a last time when ctx ends. A failed export is
// logged and tried again; Run itself returns nil.
func (e *Exporter) Run(ctx context.Context) error {
	tick := time.NewTicker(exportEvery)
	defer tick.Stop()
	for {
		e.try(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			e.try(ctx)
			return nil
		}
	}
}

func (e *Exporter) try(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exportWithin)
	defer cancel()
	if _, err := e.Export(ctx); err != nil {
		e.trail.log.ErrorContext(ctx, "audit heads not exported", "err", fault.Cause(err))
	}
}

// Export appends the head of each trail that has grown since the last export
// and returns how many. When it returns they are on disk; that they could not be
// sent away as well is an error, and the next export tries again.
func (e *Exporter) Export(ctx context.Context) (int, error) {
	if err := e.remember(); err != nil {
		return 0, err
	}
	heads, err := e.heads(ctx)
	if err != nil {
		return 0, err
	}
	grown := newer(heads, e.last)
	if len(grown) > 0 {
		if err := appendHeads(e.trail.heads, grown); err != nil {
			return 0, err
		}
	}
	note(e.last, grown)
	if e.away != nil {
		err = e.away.add(ctx, heads, e.trail.now())
	}
	return len(grown), err
}

// newer are the heads that have grown beyond last.
func newer(heads []head, last map[string]int64) (grown []head) {
	for _, h := range heads {
		if h.Seq > last[h.TenantID] {
			grown = append(grown, h)
		}
	}
	return grown
}

func note(last map[string]int64, heads []head) {
	for _, h := range heads {
		last[h.TenantID] = h.Seq
	}
}

// remember reads what earlier processes exported.
func (e *Exporter) remember() error {
	if e.last != nil {
		return nil
	}
	kept, err := readHeads(e.trail.heads, "")
	if err != nil {
		return err
	}
	e.last = map[string]int64{}
	for tenant, seqs := range kept {
		e.last[tenant] = slices.Max(slices.Collect(maps.Keys(seqs)))
	}
	return nil
}

const allHeads = `select tenant_id::text, seq, hash from nexus.audit_heads()`

func (e *Exporter) heads(ctx context.Context) (all []head, err error) {
	err = e.trail.db.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, allHeads)
		if err != nil {
			return fmt.Errorf("read the audit heads: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			h := head{At: e.trail.now().UTC()}
			var hash []byte
			if err := rows.Scan(&h.TenantID, &h.Seq, &hash); err != nil {
				return fmt.Errorf("read the audit heads: %w", err)
			}
			h.Hash = hex.EncodeToString(hash)
			all = append(all, h)
		}
		return rows.Err()
	})
	return all, err
}

// Missing lists the tenants that were exported and that the database does not know.
func (t *Trail) Missing(ctx context.Context) ([]string, error) {
	kept, err := t.exported(ctx, "")
	if err != nil {
		return nil, err
	}
	err = t.db.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id::text from nexus.tenant_ids() as t(id)`)
		if err != nil {
			return fmt.Errorf("list tenants: %w", err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, id := range ids {
			delete(kept, id)
		}
		return err
	})
	return slices.Sorted(maps.Keys(kept)), err
}
