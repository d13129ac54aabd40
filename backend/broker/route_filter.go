package broker

import (
	"context"
	"slices"
	"strings"

	"nexusai/backend/fault"
)

// candidates asks the router; no candidate is an error.
func (b *Broker) candidates(ctx context.Context, q Query) (Route, error) {
	route, err := b.routes.Candidates(ctx, q)
	if err != nil {
		return Route{}, fault.From(err)
	}
	if len(route.Deployments) == 0 {
		return Route{}, fault.New(fault.ModelUnknown, "There is no such model, or you may not use it.", nil).At("model")
	}
	return route, nil
}

// consider looks at who may serve, and who cannot serve this request.
func (c *call) consider(route Route) []candidate {
	now := c.b.now()
	all := make([]candidate, len(route.Deployments))
	for i := range route.Deployments {
		one := &all[i]
		one.d = &route.Deployments[i]
		one.node = c.b.nodes.of(one.d, now)
		one.lane = c.job.lane(one.d)
		one.reason = c.unfit(one)
	}
	return all
}

// unfit says why a candidate cannot serve this request, whenever it is asked.
func (c *call) unfit(one *candidate) Reason {
	skills, need := one.d.Skills, c.bound
	switch {
	case one.lane == "":
		return ReasonCapability
	case skills.Known && (need.Images > 0 && !skills.Images || need.Tools && !skills.Tools || need.Schema && !skills.Schema):
		return ReasonCapability
	case one.d.Context > 0 && need.likely()+need.MaxOutput > one.d.Context && c.need != CanEmbed:
		return ReasonContext
	}
	if c.opts.Strict && one.lane == LaneTranslated {
		if one.losses = c.job.losses(one.d); len(one.losses) > 0 {
			return ReasonLossy
		}
	}
	return ""
}

// settleRoute decides what to do when nobody qualifies: a model with a larger
// context, or asking in spite of our guess at the length, or a refusal.
func (c *call) settleRoute(ctx context.Context) error {
	if slices.ContainsFunc(c.all, func(one candidate) bool { return one.reason == "" }) {
		return nil
	}
	long := slices.ContainsFunc(c.all, func(one candidate) bool { return one.reason == ReasonContext })
	small := c.all
	if long && c.enlarge(ctx) {
		c.exclude(small)
		return nil
	}
	if long { // our count is a guess: the provider knows, and says it clearly
		for i := range c.all {
			if c.all[i].reason == ReasonContext {
				c.all[i].reason = ""
			}
		}
		return nil
	}
	return c.unable()
}

// unable is the refusal when no candidate can ever serve the request.
func (c *call) unable() *fault.Fault {
	var lost []string
	for _, one := range c.all {
		if one.reason == ReasonLossy {
			lost = one.losses
		}
	}
	if lost != nil {
		return fault.New(fault.Lossy, "Every provider of this model would lose a part of the request: "+strings.Join(lost, ", ")+".", nil).At(lost[0])
	}
	for _, one := range c.all {
		if one.lane != "" {
			return fault.New(fault.BadRequest, "This model cannot do what the request asks for: it takes no pictures, tools or schema.", nil).At("model")
		}
	}
	return fault.New(fault.BadRequest, "This model cannot be used through this interface.", nil).At("model")
}

// enlarge turns to the model with the larger context, once.
func (c *call) enlarge(ctx context.Context) bool {
	if c.larger == "" || c.report.Larger != "" {
		return false
	}
	route, err := c.b.candidates(ctx, Query{Model: c.larger, Need: c.need, Via: c.report.Model})
	if err != nil {
		c.b.log.WarnContext(ctx, "larger model cannot be asked", "model", c.larger, "err", fault.Cause(err))
		return false
	}
	all := c.consider(route)
	if !slices.ContainsFunc(all, func(one candidate) bool { return one.reason == "" }) {
		return false
	}
	c.report.Larger, c.all, c.tries, c.why = c.larger, all, 0, WhyLarger
	c.hedgeAfter = route.HedgeAfter
	return true
}

// exclude notes for the report who was passed over.
func (c *call) exclude(all []candidate) {
	now := c.b.now()
	for i := range all {
		if reason := all[i].barred(now); reason != "" && !all[i].tried {
			c.report.Excluded = append(c.report.Excluded, Excluded{all[i].d.ID, all[i].d.Name, reason})
		}
	}
}
