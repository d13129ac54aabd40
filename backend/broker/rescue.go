package broker

import (
	"slices"
	"strings"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// maxRescues is how often one answer is gone on with.
const maxRescues = 2

// rescue goes on with a plain text that broke off, on another deployment of the
// same route. A text that the model has finished lacks only its end marker:
// there is nothing to go on with, and it is no success either. It says whether
// that worked; then a and source are those of the rescuer, and the attempt
// before is settled.
func (s *stream) rescue(f *fault.Fault) bool {
	seen := s.source.seen()
	if s.source.open() || seen.Finish != "" || !s.job.request.Plain() || !s.call.mayRescue(f, seen.Other, seen.TooLong) {
		return false
	}
	text := s.said.Text + seen.Text
	if len(text) > MaxRescue {
		return false
	}
	req, err := s.job.request.Chat()
	if err != nil {
		return false
	}
	encoder := s.writer()
	s.retire(f)
	a, got := s.call.goOn(s.a, f, req, text)
	if a == nil {
		return false
	}
	s.said.Text = text
	s.a, s.source = a, &encoded{feed: got, encoder: encoder}
	return true
}

// mayRescue says whether a stream that ended with f can be gone on with.
func (c *call) mayRescue(f *fault.Fault, other, tooLong bool) bool {
	if other || tooLong || c.ctx.Err() != nil || c.rescues >= maxRescues {
		return false
	}
	switch f.Code {
	case fault.UpstreamFailed, fault.Timeout, fault.RateLimited, fault.Unavailable, fault.ModelUnready:
		return true
	}
	return false
}

// goOn finds somebody who continues text. broken is who did not; it is asked
// again only when there is nobody else and f does not speak against it.
func (c *call) goOn(broken *attempt, f *fault.Fault, req llm.ChatRequest, text string) (*attempt, *feed) {
	c.b.log.WarnContext(c.ctx, "answer broke off, going on with it", "model", broken.rec.Model, "deployment", broken.rec.Deployment,
		"attempt", broken.rec.N, "code", string(f.Code), "bytes", len(text), "err", fault.Cause(f))
	c.hedged.Wait() // who lost is cancelled, and reads the bound while it settles
	whole := c.bound
	defer func() { c.bound = whole }()
	c.bound.Input += len(text)
	c.bound.Likely = whole.likely() + tokens(len(text))
	for c.rescues < maxRescues && c.ctx.Err() == nil {
		c.rescues++
		one := c.rescuer(broken.one, f)
		if one == nil {
			return nil, nil
		}
		a, refusal := c.admit(one, WhyRescue)
		if refusal != nil {
			one.reason = ReasonBudget
			continue
		}
		got, err := a.goOn(req, text)
		if err == nil {
			return a, got
		}
		a.end(explain(a.ctx, err))
	}
	return nil, nil
}

// rescuer is who goes on: never who refused or failed in this call, unless it
// broke off itself and is the only one. The rest is asked for in translation,
// which may lose nothing of a strict request.
func (c *call) rescuer(broken *candidate, f *fault.Fault) *candidate {
	now := c.b.now()
	for i := range c.all {
		switch one := &c.all[i]; {
		case one.reason != "":
		case one.d.Client == nil:
			one.reason = ReasonCapability
		case c.opts.Strict && len(c.job.losses(one.d)) > 0:
			one.reason = ReasonLossy
		}
	}
	if one, _ := c.b.pick(c.b.group(c.all, true, now), c.all, c.tie, now); one != nil {
		return one
	}
	if f.Code == fault.Timeout || broken.barred(now) != "" {
		return nil
	}
	return broken
}

// goOn asks for the rest of text.
func (a *attempt) goOn(req llm.ChatRequest, text string) (*feed, error) {
	a.rec.Lane = LaneTranslated
	prefill := a.one.d.Skills.Prefill
	more, trim := continuing(req, text, prefill)
	if more.MaxTokens == 0 {
		a.rec.MaxOutput = max(a.rec.MaxOutput-tokens(len(text)), 0)
	}
	a.rec.Losses = lossesOf(a.one.d, more)
	a.watch = watchFirst(a.cancel, a.limits)
	defer a.watch.stop()
	return a.chat(more, trim)
}

// tailWords is how much of the end a continuation is asked to repeat, so that
// the seam can be found.
const tailWords = 60

// continuing is req for the rest of an answer of which text was said. The
// model goes on from its own half message where it can, and otherwise is asked
// to.
func continuing(req llm.ChatRequest, text string, prefill bool) (llm.ChatRequest, *overlap) {
	said := strings.TrimRight(text, " \t\r\n") // Anthropic refuses a message that ends in space
	if req.MaxTokens > 0 {
		req.MaxTokens = max(req.MaxTokens-tokens(len(text)), 16)
	}
	if said == "" {
		return req, nil
	}
	req.Messages = append(slices.Clone(req.Messages), llm.Message{Role: llm.Assistant, Text: said})
	if prefill {
		return req, &overlap{said: text, prefill: true}
	}
	tail := said[cutAt(said, len(said)-tailWords):]
	req.Messages = append(req.Messages, llm.Message{Role: llm.User, Text: "Your answer above was cut off by a technical fault. " +
		"Go on with it from exactly where it ends, in the same language and format. Begin by repeating its very last words, \"" + tail +
		"\", and then continue. Write nothing else before or about it, and do not start over."})
	return req, &overlap{said: text}
}

// cutAt is the first start of a word at or after at, in text.
func cutAt(text string, at int) int {
	if at <= 0 {
		return 0
	}
	if next := strings.IndexAny(text[at:], " \n\t"); next >= 0 {
		return at + next + 1
	}
	for at < len(text) && text[at]&0xc0 == 0x80 {
		at++
	}
	return at
}
