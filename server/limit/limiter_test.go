package limit_test

import (
	"context"
	"testing"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/server/limit"
)

var (
	dep = broker.Deployment{ID: "d1"}
	ask = broker.Ask{Model: "m", Bound: broker.Bound{Input: 100, MaxOutput: 50, Choices: 2}}
	who = httpapi.Caller{TenantID: "t", UserID: "u", KeyID: "k", Role: "member"}
)

type fixed []limit.Rule

func (f fixed) Rules(context.Context, string) ([]limit.Rule, error) { return f, nil }

func newLimiter(t *testing.T, c limit.Counters, rules ...limit.Rule) *limit.Limiter {
	t.Helper()
	l, err := limit.New(limit.Config{Counters: c, Rules: fixed(rules), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func asCaller(t *testing.T) context.Context { return httpapi.WithCaller(t.Context(), who) }

func TestEveryHolderAndMeasure(t *testing.T) {
	t.Parallel()
	names := map[limit.Holder]string{
		limit.OfTenant: "t", limit.OfUser: "u", limit.OfRole: "member", limit.OfKey: "k", limit.OfModel: "m", limit.OfDeployment: "d1",
	}
	amounts := map[limit.Measure]int64{limit.Requests: 1, limit.InputTokens: 150, limit.OutputTokens: 150, limit.Concurrent: 1}
	for holder, id := range names {
		for measure, amount := range amounts {
			rule := limit.Rule{ID: "r", Holder: holder, Holds: id, Measure: measure, Amount: amount}
			if measure != limit.Concurrent {
				rule.Window = time.Hour
			}
			l := newLimiter(t, limit.NewMemory(nil), rule)
			if h, err := l.Admit(asCaller(t), dep, ask); err != nil || h == nil {
				t.Errorf("%s %s: the first is %v", holder, measure, err)
			}
			_, err := l.Admit(asCaller(t), dep, ask)
			f := fault.From(err)
			if f == nil || f.Code != fault.RateLimited || f.RetryAfter <= 0 || f.Safe == "" || f.Hint == "" {
				t.Fatalf("%s %s: the second is %+v", holder, measure, f)
			}
			b := f.Bound
			if b == nil || b.Kind != "limit" || b.Holder != string(holder) || b.Measure != string(measure) || b.Amount != amount ||
				b.Window != int64(rule.Window.Seconds()) || (b.ResetsAt == nil) != (measure == limit.Concurrent) {
				t.Errorf("%s %s, for programs: %+v", holder, measure, b)
			}
			rule.Holds = "another"
			l = newLimiter(t, limit.NewMemory(nil), rule)
			for range 3 {
				if _, err := l.Admit(asCaller(t), dep, ask); err != nil {
					t.Errorf("%s %s of another: %v", holder, measure, err)
				}
			}
		}
	}
}

func TestARefusalSaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	for want, rule := range map[string]limit.Rule{
		"Try again in an hour, or ask an administrator of your organisation to raise it.":                  {Measure: limit.Requests, Window: time.Hour},
		"Try again in a second, or ask an administrator of your organisation to raise it.":                 {Measure: limit.Requests, Window: time.Second},
		"Try again when another call has ended, or ask an administrator of your organisation to raise it.": {Measure: limit.Concurrent},
	} {
		rule.ID, rule.Holder, rule.Amount = "r", limit.OfTenant, 1
		l := newLimiter(t, limit.NewMemory(nil), rule)
		if _, err := l.Admit(asCaller(t), dep, ask); err != nil {
			t.Fatal(err)
		}
		_, err := l.Admit(asCaller(t), dep, ask)
		if f := fault.From(err); f == nil || f.Hint != want {
			t.Errorf("%+v, want %q", f, want)
		}
	}
}

func TestEachOfAKindHasItsOwn(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, limit.NewMemory(nil), limit.Rule{ID: "r", Holder: limit.OfUser, Measure: limit.Requests, Amount: 1, Window: time.Hour})
	for _, user := range []string{"a", "b"} {
		ctx := httpapi.WithCaller(t.Context(), httpapi.Caller{TenantID: "t", UserID: user})
		if _, err := l.Admit(ctx, dep, ask); err != nil {
			t.Errorf("%s: %v", user, err)
		}
		if _, err := l.Admit(ctx, dep, ask); fault.CodeOf(err) != fault.RateLimited {
			t.Errorf("%s again: %v", user, err)
		}
	}
	other := httpapi.WithCaller(t.Context(), httpapi.Caller{TenantID: "t2", UserID: "a"})
	if _, err := l.Admit(other, dep, ask); err != nil {
		t.Errorf("another tenant's: %v", err)
	}
}

func TestUsageCorrectsWhatWasTaken(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, limit.NewMemory(nil),
		limit.Rule{ID: "out", Holder: limit.OfTenant, Measure: limit.OutputTokens, Amount: 250, Window: 24 * time.Hour},
		limit.Rule{ID: "now", Holder: limit.OfTenant, Measure: limit.Concurrent, Amount: 1})
	h, err := l.Admit(asCaller(t), dep, ask) // takes 100 of 250
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Admit(asCaller(t), dep, ask); fault.CodeOf(err) != fault.RateLimited {
		t.Fatalf("two at a time: %v", err)
	}
	h.Settle(broker.Attempt{Usage: llm.Usage{Output: 10}})
	h, err = l.Admit(asCaller(t), dep, ask)
	if err != nil {
		t.Fatalf("after the first ended: %v", err)
	}
	if s := h.States(); len(s) != 1 || s[0].Measure != limit.OutputTokens || s[0].Limit != 250 || s[0].Left != 140 || s[0].Reset <= 0 {
		t.Errorf("states %+v", s)
	}
	h.Settle(broker.Attempt{Usage: llm.Usage{Output: 500}}) // owes
	if _, err := l.Admit(asCaller(t), dep, ask); fault.From(err) == nil || fault.From(err).RetryAfter < 24*time.Hour {
		t.Errorf("in debt: %+v", fault.From(err))
	}
	var none *limit.Hold
	none.Settle(broker.Attempt{})
	if none.States() != nil {
		t.Error("no hold has states")
	}
}

func TestARefusalSaysWhichLimitWhenAndWhom(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule       limit.Rule
		safe, hint string
		field      string
	}{
		{limit.Rule{Holder: limit.OfKey, Measure: limit.Requests, Amount: 1, Window: time.Minute}, "The limit of 1 requests in a minute for this key is reached.", "Try again in a minute, or ask an administrator of your organisation to raise it.", ""},
		{limit.Rule{Holder: limit.OfTenant, Measure: limit.Concurrent, Amount: 1}, "The limit of 1 calls at a time for this tenant is reached.", "Try again when another call has ended, or ask an administrator of your organisation to raise it.", ""},
		{limit.Rule{Holder: limit.OfDeployment, Measure: limit.Requests, Amount: 1, Window: time.Minute}, "The limit of 1 requests in a minute for this deployment is reached.", "Try again in a minute, or ask an administrator of your organisation to raise it.", broker.OnlyHere},
	} {
		l := newLimiter(t, limit.NewMemory(nil), tt.rule)
		if _, err := l.Admit(asCaller(t), dep, ask); err != nil {
			t.Fatal(err)
		}
		_, err := l.Admit(asCaller(t), dep, ask)
		if f := fault.From(err); f == nil || f.Safe != tt.safe || f.Hint != tt.hint || f.Field != tt.field {
			t.Errorf("%s: %+v", tt.rule.Holder, f)
		}
	}
}

// TestALimitOfWhatIsSharedIsTheTenantsOwn: what tenants share is limited under each
// one's own name for it.
func TestALimitOfWhatIsSharedIsTheTenantsOwn(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, limit.NewMemory(nil), limit.Rule{ID: "r", Holder: limit.OfDeployment, Holds: "mine", Measure: limit.Requests, Amount: 1, Window: time.Hour})
	shared := broker.Deployment{ID: "local/m", Offer: "mine"}
	if _, err := l.Admit(asCaller(t), shared, ask); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Admit(asCaller(t), shared, ask); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("the second: %v", err)
	}
	shared.Offer = "another's"
	if _, err := l.Admit(asCaller(t), shared, ask); err != nil {
		t.Errorf("of another tenant: %v", err)
	}
}

// TestMoreThanTheWholeLimitWaitsForAFullBucket and not for ever.
func TestMoreThanTheWholeLimitWaitsForAFullBucket(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, limit.NewMemory(nil), limit.Rule{ID: "r", Holder: limit.OfTenant, Measure: limit.InputTokens, Amount: 30, Window: time.Hour})
	if _, err := l.Admit(asCaller(t), dep, ask); err != nil { // a hundred at most
		t.Errorf("with a full bucket: %v", err)
	}
	if _, err := l.Admit(asCaller(t), dep, ask); fault.CodeOf(err) != fault.RateLimited || fault.From(err).RetryAfter > time.Hour {
		t.Errorf("with an empty one: %v", err)
	}
}

func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	var told []limit.Refusal
	l, err := limit.New(limit.Config{
		Counters: limit.NewMemory(nil), Log: quiet, Refused: func(r limit.Refusal) { told = append(told, r) },
		Rules: fixed{{ID: "r", Holder: limit.OfKey, Measure: limit.Requests, Amount: 1, Window: time.Minute}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, _ = l.Admit(asCaller(t), dep, ask)
	}
	if len(told) != 2 || told[0].Tenant != "t" || told[0].KeyID != "k" || told[0].Rule.ID != "r" || told[0].Model != "m" {
		t.Errorf("told %+v", told)
	}
}

func TestTheProductsOwnWorkHasNoLimit(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, limit.NewMemory(nil), limit.Rule{ID: "r", Holder: limit.OfModel, Measure: limit.Requests, Amount: 1, Window: time.Hour})
	for range 3 {
		if _, err := l.Admit(t.Context(), dep, ask); err != nil {
			t.Error(err)
		}
	}
}
