package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
)

// Verdict is what Verify found, with the reason in words when it is not OK.
type Verdict struct {
	httpapi.AuditCheck
	Why string
}

const verifyPage = 2000 // rows in memory at once

const nextEntries = `
select seq, at, actor_kind, actor_id, actor, action, target_id, target, facts, hash from audit_entry
where seq > $1 order by seq limit $2`

const readHead = `select seq, hash from audit_head`

// Verify recomputes the tenant's whole chain in one snapshot and compares it
// with the head row and with every head exported to the file or away from here. An error means
// that it could not look; a broken chain is a Verdict.
func (t *Trail) Verify(ctx context.Context, tenantID string) (Verdict, error) {
	exported, err := t.exported(ctx, tenantID)
	if err != nil {
		return Verdict{}, err
	}
	w := walk{tenant: tenantID, prev: first, exported: exported[tenantID]}
	err = t.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		more := true
		for more && w.why == "" {
			rows, err := tx.Query(ctx, nextEntries, w.seq, verifyPage)
			if err != nil {
				return fmt.Errorf("read the audit trail: %w", err)
			}
			page, err := pgx.CollectRows(rows, scan)
			if err != nil {
				return fmt.Errorf("read the audit trail: %w", err)
			}
			w.check(page)
			more = len(page) == verifyPage
		}
		return w.finish(ctx, tx)
	})
	if err != nil {
		return Verdict{}, err
	}
	return Verdict{
		AuditCheck: httpapi.AuditCheck{OK: w.why == "", Entries: w.seq, BadSeq: w.bad, Head: hex.EncodeToString(w.prev)},
		Why:        w.why,
	}, nil
}

// walk is how far the check has come. It stops at the first entry that does
// not fit: nothing after it can be judged.
type walk struct {
	tenant   string
	seq      int64 // of the last good entry
	prev     []byte
	exported map[int64]string // seq → hash, as they were exported
	bad      int64
	why      string
}

func (w *walk) fail(seq int64, why string) { w.bad, w.why = seq, why }

func (w *walk) check(page []stored) {
	for _, s := range page {
		next := w.seq + 1
		switch {
		case s.Seq != next:
			w.fail(next, fmt.Sprintf("entry %d is missing", next))
			return
		case !bytes.Equal(s.Hash, Hash(w.tenant, s.Seq, s.Entry, w.prev)):
			w.fail(next, fmt.Sprintf("entry %d was changed", next))
			return
		}
		if kept, ok := w.exported[next]; ok && kept != hex.EncodeToString(s.Hash) {
			w.fail(next, fmt.Sprintf("entry %d is not the one whose hash was exported: the chain was made anew", next))
			return
		}
		delete(w.exported, next)
		w.seq, w.prev = next, s.Hash
	}
}

func (w *walk) finish(ctx context.Context, tx pgx.Tx) error {
	if w.why != "" {
		return nil
	}
	if len(w.exported) > 0 { // whatever is left was exported and is not there
		newest := slices.Max(slices.Collect(maps.Keys(w.exported)))
		w.fail(w.seq+1, fmt.Sprintf("the trail ends at entry %d, but entry %d was exported: the end was cut off", w.seq, newest))
		return nil
	}
	var seq int64
	var hash []byte
	err := tx.QueryRow(ctx, readHead).Scan(&seq, &hash)
	if errors.Is(err, pgx.ErrNoRows) && w.seq == 0 {
		return nil // a tenant in which nothing has happened yet
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("read the audit head: %w", err)
	}
	if seq != w.seq || !bytes.Equal(hash, w.prev) {
		w.fail(w.seq+1, fmt.Sprintf("the trail ends at entry %d, but its head says %d", w.seq, seq))
	}
	return nil
}
