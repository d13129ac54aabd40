package endpoint

import (
	"context"
	"fmt"
	"net/http/httptrace"
	"sync"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// Deadlines bound the phases of one call; 0 takes the value of Hosted.
type Deadlines struct {
	Connect       time.Duration // to have a connection
	FirstToken    time.Duration // streams: from the connection to the first content
	BetweenTokens time.Duration // streams: silence after that; keep-alive comments are no silence
	Answer        time.Duration // a whole answer that is not streamed, from the connection on
}

// Hosted suits providers on the internet.
func Hosted() Deadlines {
	return Deadlines{Connect: 5 * time.Second, FirstToken: 10 * time.Second, BetweenTokens: 15 * time.Second, Answer: 5 * time.Minute}
}

// Local suits a model on this machine, which may first read a long prompt or
// wait for a slot.
func Local() Deadlines {
	d := Hosted()
	d.FirstToken = 120 * time.Second
	return d
}

func (d Deadlines) filled() Deadlines {
	usual := Hosted()
	for _, field := range []struct{ at, usual *time.Duration }{
		{&d.Connect, &usual.Connect}, {&d.FirstToken, &usual.FirstToken},
		{&d.BetweenTokens, &usual.BetweenTokens}, {&d.Answer, &usual.Answer},
	} {
		if *field.at <= 0 {
			*field.at = *field.usual
		}
	}
	return d
}

// with is d but for what one call sets.
func (d Deadlines) with(call llm.Deadlines) Deadlines {
	for _, field := range []struct {
		at  *time.Duration
		set time.Duration
	}{{&d.Connect, call.Connect}, {&d.FirstToken, call.FirstToken}, {&d.BetweenTokens, call.BetweenTokens}} {
		if field.set > 0 {
			*field.at = field.set
		}
	}
	return d
}

// phases cancels a call's context when its current phase lasts too long.
type phases struct {
	cancel context.CancelCauseFunc

	mu    sync.Mutex // guards what follows
	timer *time.Timer
	name  string
	limit time.Duration
	over  bool
}

// withPhases starts in the connect phase; on a connection (a new or a reused
// one) the phase called next begins. stop must be called.
func withPhases(ctx context.Context, connect time.Duration, next string, nextLimit time.Duration) (context.Context, *phases) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &phases{cancel: cancel, name: "connect", limit: connect}
	p.timer = time.AfterFunc(connect, p.late)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { p.enter(next, nextLimit) },
	})
	return ctx, p
}

// enter begins a phase of at most limit.
func (p *phases) enter(name string, limit time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.name, p.limit = name, limit
	p.timer.Reset(limit)
}

// enterAtRest begins a phase of which only the waits are bounded.
func (p *phases) enterAtRest(name string, limit time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.name, p.limit = name, limit
	p.timer.Stop()
}

// late ends the call, for its phase lasts too long.
func (p *phases) late() {
	p.mu.Lock()
	name, limit := p.name, p.limit
	p.mu.Unlock()
	p.cancel(fault.New(fault.Timeout, safe[fault.Timeout], fmt.Errorf("%s took over %v", name, limit)))
}

// waits begins the current phase again: we are about to wait for the provider.
func (p *phases) waits() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.timer.Reset(p.limit)
	}
}

// rests stops the clock while it is our side that takes its time.
func (p *phases) rests() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer.Stop()
}

// stop ends the call: its context is cancelled and the provider freed.
func (p *phases) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.timer.Stop()
	p.cancel(nil)
}
