package broker

import (
	"context"
	"errors"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// Chat implements llm.Client.
func (b *Broker) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	done, _, err := b.ChatWithReport(ctx, req, Options{}, onDelta)
	return done, err
}

// ChatWithReport is Chat that also tells what the request went through. After
// the first content onDelta sees one answer: plain text that breaks off is gone
// on with by another deployment, anything else ends with an error. The
// completion's usage is that of the answer as it was told.
func (b *Broker) ChatWithReport(ctx context.Context, req llm.ChatRequest, o Options, onDelta func(llm.Delta) error) (llm.Completion, Report, error) {
	c := &call{need: CanChat, opts: o, bound: boundOf(&req), report: Report{Model: req.Model}}
	c.job = &chatJob{call: c, req: req, whole: onDelta == nil}
	if err := b.begin(ctx, c); err != nil {
		return llm.Completion{}, c.report, err
	}
	done, err := c.chat(req, onDelta)
	c.end()
	return done, c.report, err
}

func (c *call) chat(req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	a, err := c.run()
	if err != nil {
		return llm.Completion{}, err
	}
	if onDelta == nil {
		a.deliver()
		return a.feed.done, nil
	}
	return c.tell(a, req, onDelta)
}

// tell hands a streamed answer out, over rescues.
func (c *call) tell(a *attempt, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	said := ""
	for {
		f := a.tell(onDelta)
		said += a.feed.text.String()
		whole := len(said) <= MaxRescue && !a.feed.other
		a.rec.Delivered = true
		a.feed.settle()
		c.deliver(a.rec.Usage)
		done := a.feed.done
		done.Usage = c.report.Delivered
		if c.rescues > 0 {
			done.Text = said
		}
		a.end(f)
		if f == nil {
			return done, nil
		}
		if !plain(&req) || done.Finish != "" || !c.mayRescue(f, !whole, a.feed.tooLong) {
			return done, f
		}
		next, got := c.goOn(a, f, req, said)
		if next == nil {
			done.Text = said
			return done, c.outranked(f)
		}
		a = next
		a.feed = got
	}
}

// plain says that the answer is one text and nothing else.
func plain(req *llm.ChatRequest) bool {
	return len(req.Tools) == 0 && len(req.Schema) == 0 && !req.JSON && req.Choices < 2
}

// tell hands out what one attempt brings; nil when that is a whole answer.
func (a *attempt) tell(onDelta func(llm.Delta) error) *fault.Fault {
	for {
		d, err := a.feed.next()
		if errors.Is(err, errWhole) {
			return nil
		}
		if err != nil {
			return fault.From(err)
		}
		if err := onDelta(d); err != nil {
			f := explain(a.ctx, err)
			a.cancel(f)
			return f
		}
	}
}

// chatJob is a chat of a caller inside the product.
type chatJob struct {
	call  *call
	req   llm.ChatRequest
	whole bool // nobody sees pieces: an answer that is cut can be had elsewhere
}

func (j *chatJob) lane(d *Deployment) Lane {
	if d.Client == nil {
		return ""
	}
	return LaneTranslated
}

func (j *chatJob) losses(d *Deployment) []string { return lossesOf(d, j.req) }

func (j *chatJob) late(_ *attempt, token time.Duration) time.Duration { return token }

func (j *chatJob) open(a *attempt) error {
	a.rec.Losses = lossesOf(a.one.d, j.req)
	got, err := a.chat(j.req, nil)
	if err != nil {
		return err
	}
	a.feed = got
	if !j.whole {
		return nil
	}
	_, err = got.all()
	got.settle()
	got.done.Usage = a.rec.Usage
	return err
}
