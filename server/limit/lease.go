package limit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// slices is into how many parts a limit is lent out: a process that holds a
	// part which it does not use keeps that much from the others for a while.
	slices     = 20
	returnIdle = 5 * time.Second // an unused part goes back after this
	leaseFor   = 45 * time.Second
	leaseEvery = 5 * time.Second
)

// Database is what Leases and Book need of *store.DB.
type Database interface {
	Tenant(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
	TenantRead(ctx context.Context, tenantID string, fn func(pgx.Tx) error) error
}

// Leases are Counters that several processes share through Postgres. Each
// borrows a part of a bucket and takes from it without asking again, so
// together they never exceed a rate, but one may be refused while another has
// an unused part: coarser than Redis by a twentieth of the limit per process.
type Leases struct {
	db      Database
	log     *slog.Logger
	now     func() time.Time
	process string
	wake    chan struct{}

	mu     sync.Mutex // guards what follows; not held while asking the database
	parts  map[string]*part
	places map[string]*lease
}

// part is what this process has of a bucket. Level may be negative: a debt that
// is paid before the next take.
type part struct {
	Claim
	level float64
	used  time.Time
}

// lease is what this process has of the places of a Concurrent claim.
type lease struct {
	Claim
	have, used int64
	until      time.Time
}

var _ Counters = (*Leases)(nil)

// NewLeases makes counters; nil now means time.Now.
func NewLeases(db Database, log *slog.Logger, now func() time.Time) *Leases {
	if now == nil {
		now = time.Now
	}
	return &Leases{
		db: db, log: log, now: now, process: uuid.NewString(), wake: make(chan struct{}, 1),
		parts: map[string]*part{}, places: map[string]*lease{},
	}
}

// Take implements Counters. It asks the database only when a part is used up.
func (l *Leases) Take(ctx context.Context, _ string, claims []Claim) (Taken, error) {
	for range 3 { // another call may take what was borrowed for this one
		left, lacking := l.try(claims)
		if len(lacking) == 0 {
			return granted(left), nil
		}
		for _, i := range lacking {
			wait, err := l.borrow(ctx, claims[i])
			if err != nil {
				return Taken{}, err
			}
			if wait > 0 {
				return Taken{Refused: i, Wait: wait}, nil
			}
		}
	}
	return Taken{Refused: 0, Wait: busyWait / 10}, nil
}

// try takes all claims, or names those whose part is too small.
func (l *Leases) try(claims []Claim) (left []int64, lacking []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left = make([]int64, len(claims))
	for i, c := range claims {
		if left[i] = l.holds(c); left[i] < c.Cost {
			lacking = append(lacking, i)
		}
	}
	if len(lacking) > 0 {
		return nil, lacking
	}
	for i, c := range claims {
		left[i] -= c.Cost
		l.add(c, -c.Cost)
	}
	return left, nil
}

func (l *Leases) holds(c Claim) int64 {
	if c.Concurrent {
		at := l.places[c.Key]
		if at == nil || l.now().After(at.until) {
			return 0
		}
		return at.have - at.used
	}
	p := l.parts[c.Key]
	if p == nil {
		return 0
	}
	return bucket{level: p.level}.left()
}

// add changes what this process has; mu is held.
func (l *Leases) add(c Claim, n int64) {
	if c.Concurrent {
		if at := l.places[c.Key]; at != nil {
			at.used = max(at.used-n, 0)
		}
		return
	}
	p := l.parts[c.Key]
	if p == nil {
		p = &part{}
		l.parts[c.Key] = p
	}
	p.Claim, p.used = c, l.now()
	p.level += float64(n)
}

// Give implements Counters; it never waits.
func (l *Leases) Give(_ context.Context, _ string, claims []Claim) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range claims {
		l.add(c, c.Cost)
		if c.Concurrent {
			select {
			case l.wake <- struct{}{}: // somebody else may wait for the place
			default:
			}
		}
	}
	return nil
}

// borrow gets more of a bucket; a wait says that there is not enough.
func (l *Leases) borrow(ctx context.Context, c Claim) (wait time.Duration, err error) {
	if c.Concurrent {
		return l.borrowPlaces(ctx, c)
	}
	l.mu.Lock()
	has := 0.0
	if p := l.parts[c.Key]; p != nil {
		has = p.level
	}
	l.mu.Unlock()
	want := float64(c.Cost) - has
	if want <= 0 {
		return 0, nil
	}
	got, level, err := l.lend(ctx, c, want, max(want, float64(c.Limit)/slices))
	if err != nil {
		return 0, err
	}
	if got < want {
		return max(bucket{level: level}.wait(int64(math.Ceil(want)), c.Limit, c.Window), time.Millisecond), nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.parts[c.Key]
	if p == nil {
		p = &part{}
		l.parts[c.Key] = p
	}
	p.Claim, p.used = c, l.now()
	p.level += got
	return 0, nil
}

func (l *Leases) borrowPlaces(ctx context.Context, c Claim) (time.Duration, error) {
	l.mu.Lock()
	at := l.places[c.Key]
	if at == nil {
		at = &lease{}
		l.places[c.Key] = at
	}
	at.Claim = c
	want := at.used + c.Cost
	l.mu.Unlock()
	have, err := l.rent(ctx, c, want+c.Limit/slices)
	if err != nil {
		return 0, err
	}
	if have < want {
		return busyWait, nil
	}
	return 0, nil
}

const (
	lendPart   = `select granted, level from nexus.limit_lend($1, $2, $3, $4, $5)`
	rentPlaces = `select nexus.limit_rent($1, $2, $3, $4, $5)`
)

// lend moves between want and nice out of the shared bucket, or nothing;
// negative amounts go back.
func (l *Leases) lend(ctx context.Context, c Claim, want, nice float64) (got, level float64, err error) {
	tenant, key := split(c.Key)
	err = l.db.Tenant(ctx, tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, lendPart, key, want, nice, float64(c.Limit), float64(c.Window.Milliseconds())).Scan(&got, &level)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("borrow of a limit: %w", err)
	}
	return got, level, nil
}

// rent asks for so many places in all and notes how many there are.
func (l *Leases) rent(ctx context.Context, c Claim, want int64) (have int64, err error) {
	tenant, key := split(c.Key)
	asked := l.now()
	err = l.db.Tenant(ctx, tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, rentPlaces, key, l.process, want, c.Limit, leaseFor.Milliseconds()).Scan(&have)
	})
	if err != nil {
		return 0, fmt.Errorf("borrow places: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.places[c.Key]; at != nil {
		at.have, at.until = have, asked.Add(leaseFor)
	}
	return have, nil
}

func split(key string) (tenant, rest string) {
	tenant, rest, _ = strings.Cut(key, "/")
	return tenant, rest
}

// Run renews places and gives back what is not used, until ctx ends.
func (l *Leases) Run(ctx context.Context) error {
	tick := time.NewTicker(leaseEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.tidy(ctx, returnIdle)
		case <-l.wake:
			l.tidy(ctx, returnIdle)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveWithin)
			defer cancel()
			l.tidy(last, 0)
			return nil
		}
	}
}

// tidy gives back parts that were not used for idle, and brings every lease of
// places to what is in use. Failures are said and tried again.
func (l *Leases) tidy(ctx context.Context, idle time.Duration) {
	parts, places := l.idle(idle)
	var failed error
	for _, p := range parts {
		if _, _, err := l.lend(ctx, p.Claim, -p.level, -p.level); err != nil {
			failed = errors.Join(failed, err)
			l.keep(p)
		}
	}
	for _, at := range places {
		if _, err := l.rent(ctx, at.Claim, at.used); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	if failed != nil && ctx.Err() == nil {
		l.log.Warn("parts of limits not given back", "err", failed)
	}
}

func (l *Leases) idle(idle time.Duration) (parts []part, places []lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for key, p := range l.parts {
		if now.Sub(p.used) >= idle {
			parts = append(parts, *p)
			delete(l.parts, key)
		}
	}
	for key, at := range l.places {
		if at.used == 0 && at.have == 0 {
			delete(l.places, key)
			continue
		}
		places = append(places, *at)
	}
	return parts, places
}

// keep takes back a part that could not be returned.
func (l *Leases) keep(p part) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.parts[p.Key]; now != nil {
		now.level += p.level
		return
	}
	l.parts[p.Key] = &p
}
