package broker

import (
	"context"
	"errors"
	"strings"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// ahead is how many pieces a translated answer may be ahead of its reader.
const ahead = 32

// errWhole ends an answer that has come as a whole. It is not io.EOF, which a
// broken connection has as its cause as well.
var errWhole = errors.New("the answer is whole")

var errNoFinish = errors.New("the answer ended without a finish reason")

// feed is a translated chat as it comes. Its client works in a goroutine of its
// own, which close and the last next wait for.
type feed struct {
	a      *attempt
	deltas chan llm.Delta
	head   *llm.Delta // the first content, if it was not handed out yet
	trim   *overlap   // of a rescue: what was said already is left out; else nil
	done   llm.Completion
	err    error // once deltas is closed
	spent  bool

	first   time.Time
	text    strings.Builder // of the first choice, at most MaxRescue bytes
	tooLong bool
	other   bool // something else than text came
	bytes   int
}

// chat starts req at the attempt's deployment and waits for its first content.
// An error means that nothing came, or that it does not matter what came.
func (a *attempt) chat(req llm.ChatRequest, trim *overlap) (*feed, error) {
	req.Model, req.Deadlines = a.one.d.Model, a.limits
	if req.MaxTokens == 0 {
		req.MaxTokens = a.rec.MaxOutput
	}
	f := &feed{a: a, deltas: make(chan llm.Delta, ahead), trim: trim}
	a.sent = true
	go f.work(a.ctx, req)
	d, err := f.next()
	switch {
	case err == nil:
		f.head = &d
	case !errors.Is(err, errWhole):
		a.rec.Usage = f.usage()
		return nil, err
	}
	return f, nil
}

func (f *feed) work(ctx context.Context, req llm.ChatRequest) {
	defer close(f.deltas)
	f.done, f.err = f.a.one.d.Client.Chat(ctx, req, func(d llm.Delta) error {
		if d.Text == "" && d.Reasoning == "" && d.Sealed == "" && len(d.ToolCalls) == 0 {
			return nil
		}
		select {
		case f.deltas <- d:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// next blocks for the next piece. errWhole ends a whole answer, which is then in
// done; a fault any other.
func (f *feed) next() (llm.Delta, error) {
	if f.head != nil {
		d := *f.head
		f.head = nil
		return d, nil
	}
	for d := range f.deltas {
		if f.first.IsZero() {
			f.first = f.a.call.b.now()
			f.a.content(f.first)
		}
		if d = f.take(d); d.Text != "" || d.Reasoning != "" || d.Sealed != "" || len(d.ToolCalls) > 0 {
			return d, nil
		}
	}
	if rest := f.rest(); rest != "" {
		return llm.Delta{Text: rest}, nil
	}
	return llm.Delta{}, f.verdict()
}

// take counts a piece and leaves out what a rescue need not say again.
func (f *feed) take(d llm.Delta) llm.Delta {
	f.bytes += len(d.Text) + len(d.Reasoning)
	for _, call := range d.ToolCalls {
		f.bytes += len(call.Name) + len(call.Arguments)
	}
	f.a.came(f.bytes)
	if d.Choice != 0 || d.Sealed != "" || len(d.ToolCalls) > 0 {
		f.other = true
	}
	if f.trim != nil && d.Choice == 0 {
		d.Text = f.trim.feed(d.Text)
	}
	if d.Choice == 0 {
		f.keep(d.Text)
	}
	return d
}

func (f *feed) keep(text string) {
	if f.text.Len()+len(text) > MaxRescue {
		f.tooLong = true
		return
	}
	f.text.WriteString(text)
}

// rest is what the trimming held back to the end.
func (f *feed) rest() string {
	if f.trim == nil {
		return ""
	}
	rest := f.trim.flush()
	f.keep(rest)
	return rest
}

// verdict on an answer that has ended.
func (f *feed) verdict() error {
	f.spent = true
	switch {
	case f.err != nil:
		return explain(f.a.ctx, f.err)
	case f.trim != nil && f.trim.astray:
		return fault.New(fault.UpstreamFailed, safeCut, errAstray)
	case f.done.Finish == "" && f.bytes == 0 && f.done.Text == "":
		return empty("a chat ended without a word")
	case f.done.Finish == "":
		return fault.New(fault.UpstreamFailed, safeCut, errNoFinish)
	}
	return errWhole
}

// usage is what the provider counted so far. Call it when the feed has ended.
func (f *feed) usage() llm.Usage {
	u := f.done.Usage
	counted := u != (llm.Usage{}) && !u.Estimated
	switch {
	case counted:
		return f.a.call.counted(u, f.bytes, f.err == nil)
	case f.bytes == 0 && f.err != nil:
		return llm.Usage{} // nothing came: attempt.owe knows whether that costs
	}
	return f.a.call.estimated(f.bytes)
}

// close frees the provider and waits for the client to let go.
func (f *feed) close() {
	f.a.cancel(nil)
	for range f.deltas {
	}
	f.spent = true
}

// settle notes in the attempt what the feed knows, when it is over.
func (f *feed) settle() {
	if !f.spent {
		f.close()
	}
	rec := &f.a.rec
	rec.Usage, rec.Finish = f.usage(), f.done.Finish
	if f.done.RequestID != "" {
		rec.RequestID = f.done.RequestID
	}
}

// all takes the answer to its end; with a fault it is what came until then.
func (f *feed) all() (llm.Completion, error) {
	for {
		if _, err := f.next(); errors.Is(err, errWhole) {
			return f.done, nil
		} else if err != nil {
			return f.done, err
		}
	}
}
