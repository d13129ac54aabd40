package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/llm"
)

// maxProblems bounds the problems that a verdict spells out; all are counted.
const maxProblems = 100

// Reader is what Verify and Reconcile need of *store.DB.
type Reader interface {
	TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
}

// Verdict says whether a tenant's ledger can be trusted.
type Verdict struct {
	Entries  int   // lines of the ledger
	Attempts int   // in the log, which is kept for a year
	Settled  int64 // nano US dollars that the ledger's settlements add up to
	Priced   int64 // what usage in the log costs at the prices of the day, and of older lines at theirs
	Unproved int   // settlements from before prices were kept
	Count    int   // of problems
	Problems []string
}

// OK says that nothing is wrong.
func (v Verdict) OK() bool { return v.Count == 0 }

func (v *Verdict) wrong(format string, args ...any) {
	if v.Count++; len(v.Problems) < maxProblems {
		v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
	}
}

// Verify proves that each line balances, that each settlement gives back what
// was held for it, that what was settled is the usage in the log times the
// price of the day, and that logs and budgets say the same sums as the ledger.
// An error means that it could not look.
func Verify(ctx context.Context, db Reader, tenantID string) (Verdict, error) {
	v := Verdict{}
	err := db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		prices, err := v.prices(ctx, tx, tenantID)
		if err != nil {
			return err
		}
		settled, err := v.entries(ctx, tx, tenantID, prices)
		if err != nil {
			return err
		}
		if err := v.attempts(ctx, tx, tenantID, prices, settled); err != nil {
			return err
		}
		if v.Settled != v.Priced {
			v.wrong("settlements add up to %s, usage at its prices to %s", usd(v.Settled), usd(v.Priced))
		}
		if err := v.calls(ctx, tx, tenantID); err != nil {
			return err
		}
		return v.budgets(ctx, tx, tenantID)
	})
	if err != nil {
		return Verdict{}, fmt.Errorf("verify the ledger: %w", err)
	}
	return v, nil
}

const selectPrices = `select version, price::text from ledger_price where tenant_id = $1`

// prices reads what was charged by, and finds what was changed since.
func (v *Verdict) prices(ctx context.Context, tx pgx.Tx, tenantID string) (map[string]Price, error) {
	rows, err := tx.Query(ctx, selectPrices, tenantID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	prices := map[string]Price{}
	for rows.Next() {
		var version, rates string
		if err := rows.Scan(&version, &rates); err != nil {
			return nil, err
		}
		p, err := stored(version, []byte(rates))
		if err != nil {
			v.wrong("price %s: %v", version, err)
			continue
		}
		prices[version] = p
	}
	return prices, rows.Err()
}

// tried names an attempt.
type tried struct {
	call    string
	attempt int
}

// settlement is what the log must agree with.
type settlement struct {
	amount int64
	at     time.Time
	seen   bool // the log has it
	own    int64
}

const selectEntries = `
select call_id::text, attempt, kind, n, at, holder_nano_usd, reserved_nano_usd, amount_nano_usd, price_version, unpriced, usage
from ledger_entry where tenant_id = $1 order by call_id, attempt, kind, n`

// entries checks the ledger by itself: reserve comes before settle.
func (v *Verdict) entries(ctx context.Context, tx pgx.Tx, tenantID string, prices map[string]Price) (map[tried]*settlement, error) {
	rows, err := tx.Query(ctx, selectEntries, tenantID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	settled := map[tried]*settlement{}
	held := map[tried]int64{}
	for rows.Next() {
		var k tried
		var e Entry
		var version string
		var used usage
		if err := rows.Scan(&k.call, &k.attempt, &e.Kind, &e.N, &e.At, &e.Holder, &e.Reserved, &e.Amount, &version, &e.Unpriced, &used); err != nil {
			return nil, err
		}
		v.Entries++
		if e.Holder+e.Reserved+e.Amount != 0 {
			v.wrong("call %s attempt %d: the line %s does not balance", k.call, k.attempt, e.Kind)
		}
		switch e.Kind {
		case Reserve:
			held[k] = e.Reserved
		case Settle:
			if e.Reserved != -held[k] {
				v.wrong("call %s attempt %d: %s was held and %s given back", k.call, k.attempt, usd(held[k]), usd(-e.Reserved))
			}
			delete(held, k)
			v.Settled += e.Amount
			own := v.cost(k, e.Amount, e.Unpriced, version, llm.Usage(used), prices)
			settled[k] = &settlement{amount: e.Amount, at: e.At, own: own}
		case Correct:
		}
	}
	for k, amount := range held {
		v.wrong("call %s attempt %d: %s is held and never settled", k.call, k.attempt, usd(amount))
	}
	return settled, rows.Err()
}

// cost is what usage costs at its price, which amount must be.
func (v *Verdict) cost(k tried, amount int64, unpriced bool, version string, u llm.Usage, prices map[string]Price) int64 {
	if unpriced || version == "" {
		if amount != 0 {
			v.wrong("call %s attempt %d: %s without a price", k.call, k.attempt, usd(amount))
		}
		return 0
	}
	if !strings.Contains(version, "#") {
		v.Unproved++
		return amount
	}
	p, ok := prices[version]
	if !ok {
		v.wrong("call %s attempt %d: its price %s is not there", k.call, k.attempt, version)
		return amount
	}
	if cost := p.Cost(u); cost != amount {
		v.wrong("call %s attempt %d: %s booked, its usage costs %s", k.call, k.attempt, usd(amount), usd(cost))
		return cost
	}
	return amount
}

const selectAttempts = `
select call_id::text, attempt, cost_nano_usd, unpriced, price_version, input_tokens, cached_tokens, cache_write_tokens, cache_hour_tokens, audio_in_tokens,
    output_tokens, reasoning_tokens, audio_out_tokens, images, characters, sound_ms, searches
from inference_attempt where tenant_id = $1 and (cost_nano_usd <> 0 or unpriced)`

// firstKept is when the oldest partition of the log begins; what is older is
// proved by the ledger's own lines alone.
const firstKept = `
select coalesce(min(to_timestamp(substring(c.relname from '\d{4}_\d{2}$'), 'YYYY_MM')), 'epoch')
from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'inference_attempt'::regclass`

// firstAttempt is when attempts began to be logged.
const firstAttempt = `select coalesce(min(at), 'infinity') = 'infinity', coalesce(min(at), now()) from inference_attempt where tenant_id = $1`

func (v *Verdict) attempts(ctx context.Context, tx pgx.Tx, tenantID string, prices map[string]Price, settled map[tried]*settlement) error {
	var kept, first time.Time
	var none bool
	if err := tx.QueryRow(ctx, firstKept).Scan(&kept); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, firstAttempt, tenantID).Scan(&none, &first); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, selectAttempts, tenantID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k tried
		var cost int64
		var unpriced bool
		var version string
		var u llm.Usage
		if err := rows.Scan(&k.call, &k.attempt, &cost, &unpriced, &version, &u.Input, &u.Cached, &u.CacheWrite, &u.CacheHour, &u.AudioIn,
			&u.Output, &u.Reasoning, &u.AudioOut, &u.Images, &u.Characters, &u.Millis, &u.Searches); err != nil {
			return err
		}
		v.Attempts++
		v.Priced += v.cost(k, cost, unpriced, version, u, prices)
		s := settled[k]
		switch {
		case s == nil:
			v.wrong("call %s attempt %d: %s in the log, nothing in the ledger", k.call, k.attempt, usd(cost))
		case s.amount != cost:
			v.wrong("call %s attempt %d: %s in the log, %s in the ledger", k.call, k.attempt, usd(cost), usd(s.amount))
		}
		if s != nil {
			s.seen = true
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	// A call's row may lie a partition before its ledger line.
	kept = kept.AddDate(0, 0, 2)
	for k, s := range settled {
		if s.seen {
			continue
		}
		v.Priced += s.own
		if !none && !s.at.Before(first) && !s.at.Before(kept) {
			v.wrong("call %s attempt %d: %s in the ledger, nothing in the log", k.call, k.attempt, usd(s.amount))
		}
	}
	return nil
}

const selectBadCalls = `
select l.id::text, l.cost_nano_usd, coalesce(sum(a.cost_nano_usd), 0)::bigint
from inference_log l join inference_attempt a on a.tenant_id = l.tenant_id and a.at = l.at and a.call_id = l.id
where l.tenant_id = $1 group by l.id, l.cost_nano_usd having l.cost_nano_usd <> coalesce(sum(a.cost_nano_usd), 0) limit 1000`

// calls must cost what their attempts do.
func (v *Verdict) calls(ctx context.Context, tx pgx.Tx, tenantID string) error {
	rows, err := tx.Query(ctx, selectBadCalls, tenantID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var call, attempts int64
		if err := rows.Scan(&id, &call, &attempts); err != nil {
			return err
		}
		v.wrong("call %s: %s in the log, its attempts cost %s", id, usd(call), usd(attempts))
	}
	return rows.Err()
}

const selectBadPeriods = `
select p.budget_id::text, p.subject::text, p.starts_at, p.spent_nano_usd, e.amount from budget_period p
cross join lateral (select coalesce(sum(e.amount_nano_usd), 0)::bigint as amount from ledger_entry e
    where e.tenant_id = p.tenant_id and e.kind <> 'reserve' and e.at >= p.starts_at and e.at < p.ends_at and p.subject = any (e.subjects)) e
where p.tenant_id = $1 and p.spent_nano_usd <> e.amount limit 1000`

// budgets must have counted what the ledger booked.
func (v *Verdict) budgets(ctx context.Context, tx pgx.Tx, tenantID string) error {
	rows, err := tx.Query(ctx, selectBadPeriods, tenantID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var budget, subject string
		var from time.Time
		var counted, booked int64
		if err := rows.Scan(&budget, &subject, &from, &counted, &booked); err != nil {
			return err
		}
		v.wrong("budget %s of %s from %s: %s counted, %s booked", budget, subject, from.UTC().Format(time.DateOnly), usd(counted), usd(booked))
	}
	return rows.Err()
}

// usd shows nano US dollars exactly.
func usd(nano int64) string {
	sign := ""
	if nano < 0 {
		sign, nano = "-", -nano
	}
	return fmt.Sprintf("%s$%d.%09d", sign, nano/1e9, nano%1e9)
}
