package fleet

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"nexusai/server/budget"
	"nexusai/server/limit"
	"nexusai/server/tenant"
)

// holder is whom a limit or a budget of the file is for. who is as people call
// it: a user's address, a key's name or id; empty: each of the kind by itself.
type holder struct {
	line     int
	kind     string
	who      string
	managed  string
	readable string
}

type declaredLimit struct {
	holder
	want limit.Kept
}

type declaredBudget struct {
	holder
	want budget.Budget
}

const maxBounds = 2000 // limits of a file, and budgets

func parseHolder(n *yaml.Node, fields map[string]*yaml.Node) (h holder, err error) {
	h.line = n.Line
	if h.kind, err = text(fields["for"]); err != nil {
		return h, err
	}
	if h.who, err = text(fields["who"]); err != nil {
		return h, err
	}
	managed, err := text(fields["managed_by"])
	if err != nil {
		return h, err
	}
	if h.managed, err = owner(fields["managed_by"], managed); err != nil {
		return h, err
	}
	if h.kind == "tenant" && h.who != "" {
		return h, wrong(n, "the tenant is one: leave out who")
	}
	h.readable = h.kind
	if h.who != "" {
		h.readable += " " + h.who
	}
	return h, nil
}

func (doc *document) parseLimits(n *yaml.Node) error {
	return items(n, func(n *yaml.Node) error {
		fields, err := members(n, "for", "who", "measure", "amount", "per", "on_failure", "managed_by")
		if err != nil {
			return err
		}
		h, err := parseHolder(n, fields)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"tenant", "user", "role", "key", "model", "deployment"}, h.kind) {
			return wrong(n, "a limit is for: tenant, user, role, key, model or deployment, not %q", h.kind)
		}
		measure, err := text(fields["measure"])
		if err != nil {
			return err
		}
		l := declaredLimit{holder: h}
		l.want.Holder, l.want.Measure, l.want.Source = limit.Holder(h.kind), limit.Measure(measure), h.managed
		if !slices.Contains([]limit.Measure{limit.Requests, limit.InputTokens, limit.OutputTokens, limit.Concurrent}, l.want.Measure) {
			return wrong(n, "a limit measures requests, input_tokens, output_tokens or concurrency, not %q", measure)
		}
		if l.want.Amount, err = number(fields["amount"], 0, 1, 1e15); err != nil {
			return err
		}
		if l.want.Window, err = span(fields["per"], 31*24*time.Hour); err != nil {
			return err
		}
		if l.want.Amount == 0 || (l.want.Measure == limit.Concurrent) != (l.want.Window == 0) {
			return wrong(n, "a limit needs an amount, and the time that it is for as per: 1m, but for concurrency")
		}
		if l.want.FailOpen, err = failsOpen(fields["on_failure"]); err != nil {
			return err
		}
		if len(doc.limits) >= maxBounds {
			return wrong(n, "a file has at most %d limits", maxBounds)
		}
		doc.limits = append(doc.limits, l)
		return nil
	})
}

func failsOpen(n *yaml.Node) (bool, error) {
	said, err := text(n)
	if err != nil {
		return false, err
	}
	switch said {
	case "", "closed":
		return false, nil
	case "open":
		return true, nil
	}
	return false, wrong(n, "on_failure is open or closed")
}

func (doc *document) parseBudgets(n *yaml.Node) error {
	return items(n, func(n *yaml.Node) error {
		fields, err := members(n, "for", "who", "period", "usd", "contact", "unpriced", "managed_by")
		if err != nil {
			return err
		}
		h, err := parseHolder(n, fields)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"tenant", "team", "user", "key", "conversation"}, h.kind) {
			return wrong(n, "a budget is for: tenant, team, user, key or conversation, not %q", h.kind)
		}
		b := declaredBudget{holder: h}
		b.want.Holder, b.want.Source = budget.Holder(h.kind), h.managed
		period, err := text(fields["period"])
		if err != nil {
			return err
		}
		b.want.Period = budget.Period(period)
		if !slices.Contains([]budget.Period{budget.Daily, budget.Monthly, budget.Total}, b.want.Period) {
			return wrong(n, "the period of a budget is day, month or total, not %q", period)
		}
		if fields["usd"] == nil {
			return wrong(n, "a budget needs usd: its amount in US dollars")
		}
		amount, err := dollars(fields["usd"])
		if err != nil {
			return err
		}
		b.want.Limit = *amount
		if b.want.Contact, err = text(fields["contact"]); err != nil {
			return err
		}
		unpriced, err := text(fields["unpriced"])
		if err != nil {
			return err
		}
		if b.want.Unpriced = tenant.Unpriced(unpriced); unpriced == "" {
			b.want.Unpriced = tenant.DenyUnpriced
		}
		if len(b.want.Contact) > 200 || b.want.Unpriced != tenant.DenyUnpriced && b.want.Unpriced != tenant.AllowUnpriced {
			return wrong(n, "unpriced is deny or allow, and contact has at most 200 characters")
		}
		if len(doc.budgets) >= maxBounds {
			return wrong(n, "a file has at most %d budgets", maxBounds)
		}
		doc.budgets = append(doc.budgets, b)
		return nil
	})
}
