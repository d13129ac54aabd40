package broker

import (
	"context"
	"fmt"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

const (
	connectHosted = 5 * time.Second
	connectLocal  = 5 * time.Minute // an engine may have to start
	firstHosted   = 10 * time.Second
	firstThinking = 300 * time.Second
	firstLocal    = 120 * time.Second
	// firstSound is for who hears or speaks: many do all of it before they say
	// a word.
	firstSound = 300 * time.Second
	// perPrompt tokens an engine of ours gets a second more: it may have to load
	// its model, and read its prompt on a processor alone.
	perPrompt     = 20
	betweenTokens = 15 * time.Second
)

// deadlines of an attempt at d, for what it needs and a prompt of so many tokens.
func (d *Deployment) deadlines(need Capability, prompt int) llm.Deadlines {
	limits := llm.Deadlines{Connect: connectHosted, FirstToken: firstHosted, BetweenTokens: betweenTokens}
	switch {
	case d.Local, d.Engine && need != CanTranscribe && need != CanSpeak:
		limits.FirstToken = firstLocal + time.Duration(prompt/perPrompt)*time.Second
		if d.Local {
			limits.Connect = connectLocal
		}
	case need == CanTranscribe, need == CanSpeak:
		limits.FirstToken = firstSound
	case d.Skills.Reasoning:
		limits.FirstToken = firstThinking
	}
	for _, own := range []struct{ set, usual *time.Duration }{
		{&d.Deadlines.Connect, &limits.Connect}, {&d.Deadlines.FirstToken, &limits.FirstToken}, {&d.Deadlines.BetweenTokens, &limits.BetweenTokens},
	} {
		if *own.set > 0 {
			*own.usual = *own.set
		}
	}
	return limits
}

// watch ends an attempt whose first content does not come. The deployment's
// client keeps the same deadlines more exactly, for it knows when it has a
// connection; this one holds whatever the client does.
type watch struct {
	timer *time.Timer
	first time.Duration
}

func watchFirst(cancel context.CancelCauseFunc, limits llm.Deadlines) watch {
	whole := limits.Connect + limits.FirstToken
	return watch{first: limits.FirstToken, timer: time.AfterFunc(whole, func() {
		cancel(fault.New(fault.Timeout, safeSlow, fmt.Errorf("no content after %v", whole)))
	})}
}

// connected starts the wait for the first content.
func (w watch) connected() {
	if w.timer.Stop() {
		w.timer.Reset(w.first)
	}
}

func (w watch) stop() { w.timer.Stop() }
