package limit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

const (
	takeWithin = 500 * time.Millisecond // a limit must not cost more than it saves
	giveWithin = 5 * time.Second
	sayEvery   = 10 * time.Second // how often lost counters are logged
)

// Rules knows a tenant's limits; *Book is one.
type Rules interface {
	// Rules does not wait for the database unless the tenant is new here.
	Rules(ctx context.Context, tenantID string) ([]Rule, error)
}

// Config of a Limiter; all but Now and Refused are required.
type Config struct {
	Counters Counters
	Rules    Rules
	Log      *slog.Logger
	Now      func() time.Time
	// Refused is told of every refusal. It must not block.
	Refused func(Refusal)
}

// Refusal is an attempt that a rule kept out.
type Refusal struct {
	At     time.Time
	Tenant string
	Rule   Rule
	UserID string
	KeyID  string
	Model  string
}

// Limiter admits attempts. Safe for concurrent use.
type Limiter struct {
	Config
	mu   sync.Mutex
	said map[bool]time.Time // when lost counters were logged last, where callers pass and where not; guarded by mu
}

// New checks cfg; Run must follow.
func New(cfg Config) (*Limiter, error) {
	if cfg.Counters == nil || cfg.Rules == nil || cfg.Log == nil {
		return nil, errors.New("limit.Config needs Counters, Rules and Log")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Refused == nil {
		cfg.Refused = func(Refusal) {}
	}
	return &Limiter{Config: cfg, said: map[bool]time.Time{}}, nil
}

// Run keeps what is taken until ctx ends.
func (l *Limiter) Run(ctx context.Context) error { return l.Counters.Run(ctx) }

// Hold is what an admitted attempt has taken; nil holds nothing.
type Hold struct {
	limiter *Limiter
	id      string
	taken   []claim
	left    []int64
}

// Admit takes what an attempt of the caller in ctx may use of every limit that
// applies. A refusal is a fault.RateLimited with RetryAfter, or
// fault.Unavailable when counters cannot be reached and a limit says that
// nobody passes then.
func (l *Limiter) Admit(ctx context.Context, d broker.Deployment, ask broker.Ask) (*Hold, error) {
	who, ok := httpapi.CallerFrom(ctx)
	if !ok {
		return nil, nil //nolint:nilnil // the product's own work has no limit
	}
	rules, err := l.Rules.Rules(ctx, who.TenantID)
	if err != nil {
		return nil, fmt.Errorf("read the limits: %w", err)
	}
	all := claims(rules, who, d, ask)
	if len(all) == 0 {
		return nil, nil //nolint:nilnil // no limit applies
	}
	h := &Hold{limiter: l, id: uuid.NewString(), taken: all}
	ctx, cancel := context.WithTimeout(ctx, takeWithin)
	defer cancel()
	if counters, ok := l.Counters.(late); ok && ask.Attempt > 1 {
		counters.Catch(ctx) // the place of the attempt before is this one's
	}
	taken, err := l.Counters.Take(ctx, h.id, shown(all))
	if err != nil {
		return nil, l.lost(ctx, all, err)
	}
	if taken.Refused >= 0 {
		noteStates(ctx, refused(all[taken.Refused], taken.Wait))
		return nil, l.refuse(who, all[taken.Refused], ask, taken.Wait)
	}
	h.left = taken.Left
	noteStates(ctx, h.States())
	return h, nil
}

func shown(all []claim) []Claim {
	out := make([]Claim, len(all))
	for i, c := range all {
		out[i] = c.shown()
	}
	return out
}

func (l *Limiter) refuse(who httpapi.Caller, c claim, ask broker.Ask, wait time.Duration) error {
	now := l.Now()
	l.Refused(Refusal{At: now, Tenant: who.TenantID, Rule: c.rule, UserID: who.UserID, KeyID: who.KeyID, Model: ask.Model})
	f := fault.New(fault.RateLimited, "The limit of "+c.rule.words()+" is reached.", nil).WithHint(again(c.rule, wait))
	f.RetryAfter = wait
	f.Bound = c.rule.bound(now.Add(wait))
	if c.rule.Holder == OfDeployment {
		f.Field = broker.OnlyHere
	}
	return f
}

// again says when to try again and whom to ask.
func again(r Rule, wait time.Duration) string {
	const ask = "or ask an administrator of your organisation to raise it."
	if r.Measure == Concurrent {
		return "Try again when another call has ended, " + ask
	}
	when := max(wait+time.Second-1, time.Second).Truncate(time.Second)
	if when == time.Second {
		return "Try again in a second, " + ask
	}
	return fmt.Sprintf("Try again in %s, ", span(when)) + ask
}

// lost decides what happens while the counters cannot be reached.
func (l *Limiter) lost(ctx context.Context, all []claim, err error) error {
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return fault.New(fault.Canceled, "The request was cancelled.", err)
	}
	open := true
	for _, c := range all {
		open = open && c.rule.FailOpen
	}
	l.say(open, err)
	if open {
		return nil
	}
	f := fault.New(fault.Unavailable, "Limits cannot be checked at the moment.", err).WithHint("Try again in a few seconds.")
	f.RetryAfter = 2 * time.Second
	return f
}

func (l *Limiter) say(open bool, err error) {
	l.mu.Lock()
	now := l.Now()
	due := now.Sub(l.said[open]) >= sayEvery
	if due {
		l.said[open] = now
	}
	l.mu.Unlock()
	switch {
	case !due:
	case open:
		l.Log.Error("limits cannot be checked, callers pass", "err", err)
	default:
		l.Log.Error("limits cannot be checked, callers are refused", "err", err)
	}
}

// Settle gives back what the attempt did not use, and every place. It waits for
// the counters: call it where that holds up nobody. A nil hold is settled.
func (h *Hold) Settle(a broker.Attempt) {
	if h == nil {
		return
	}
	var back []Claim
	for _, c := range h.taken {
		one := c.shown()
		if c.rule.Measure != Concurrent {
			if one.Cost = c.cost - used(c.rule, a); one.Cost == 0 {
				continue
			}
		}
		back = append(back, one)
	}
	h.give(back)
}

// Cancel gives everything back: there was no attempt. A nil hold holds nothing.
func (h *Hold) Cancel() {
	if h != nil {
		h.give(shown(h.taken))
	}
}

func (h *Hold) give(back []Claim) {
	if len(back) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), giveWithin)
	defer cancel()
	if err := h.limiter.Counters.Give(ctx, h.id, back); err != nil {
		h.limiter.Log.Warn("limits not corrected", "err", err) // rates heal by themselves, places expire
	}
}

// Used is how much of a rule's window is taken now, and when all of it is free
// again if nobody takes more; false where there is no one number: a rule that
// each of a kind has for itself, and counters that lend parts out.
func (l *Limiter) Used(ctx context.Context, tenantID string, r Rule) (used int64, reset time.Duration, ok bool) {
	if _, lent := l.Counters.(*Leases); lent || (r.Holds == "" && r.Holder != OfTenant) {
		return 0, 0, false
	}
	id := "-"
	if r.Holds == "" {
		id = tenantID
	}
	ctx, cancel := context.WithTimeout(ctx, takeWithin)
	defer cancel()
	look := claim{rule: r, key: strings.Join([]string{tenantID, r.ID, id}, "/")}
	got, err := l.Counters.Take(ctx, "", []Claim{look.shown()}) // takes nothing
	if err != nil {
		return 0, 0, false
	}
	used = r.Amount
	if got.Refused < 0 {
		used = max(r.Amount-got.Left[0], 0)
	}
	return used, time.Duration(float64(used) * float64(r.Window) / float64(r.Amount)), true
}

// State is one limit as a caller may see it, for x-ratelimit headers.
type State struct {
	Measure Measure
	Limit   int64
	Left    int64
	Reset   time.Duration // until the bucket is full again
}

// States are the tightest limit of each rate; a nil hold has none.
func (h *Hold) States() []State {
	if h == nil {
		return nil
	}
	var out []State
	for _, m := range []Measure{Requests, InputTokens, OutputTokens} {
		best, found := State{}, false
		for i, c := range h.taken {
			if c.rule.Measure != m || i >= len(h.left) || (found && h.left[i] >= best.Left) {
				continue
			}
			lacks := float64(c.rule.Amount - h.left[i])
			best, found = State{
				Measure: m, Limit: c.rule.Amount, Left: max(h.left[i], 0),
				Reset: time.Duration(lacks * float64(c.rule.Window) / float64(c.rule.Amount)),
			}, true
		}
		if found {
			out = append(out, best)
		}
	}
	return out
}
