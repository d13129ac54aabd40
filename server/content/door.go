package content

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/httpapi"
	"nexusai/backend/llm"
	"nexusai/backend/provider/sse"
	"nexusai/server/calllog"
)

// Header is where a caller says "0": what this request asks and gets is not to
// be kept. Nothing else it says changes anything.
const Header = "X-Nexus-Store"

// maxWhole bounds the bytes of an answer that is not streamed, to be read in the end.
const maxWhole = 4 << 20

// Answerer sends a request in bytes to a provider; *broker.Broker is one.
type Answerer interface {
	Forward(ctx context.Context, req broker.ForwardRequest) (*broker.Forwarded, error)
}

// Calls knows the calls that are under way; *calllog.Book is one.
type Calls interface {
	Ongoing(id string) *calllog.Ongoing
}

// Door stands before an Answerer and keeps what passes. Of a tenant that keeps
// nothing, it costs the look-up of its name. All fields are required.
type Door struct {
	Next  Answerer
	Book  *Book
	Calls Calls
}

// Forward answers as Next does. Who asks is in ctx.
func (d *Door) Forward(ctx context.Context, req broker.ForwardRequest) (*broker.Forwarded, error) {
	h := d.Book.hear(ctx, d.Calls, req.Options.CallID)
	if h == nil || req.Surface == nil || req.Request == nil || wires[req.Surface.Wire()] == nil {
		return d.Next.Forward(ctx, req)
	}
	if h.private || req.Header.Get(Header) == "0" || forbids(req.Body) {
		h.call.Contents(calllog.ContentsDeclined, time.Time{})
		return d.Next.Forward(ctx, req)
	}
	return d.overhear(ctx, req, h)
}

// overhear is a function of its own because what it keeps of req would cost
// Forward memory for calls that are not kept, too.
func (d *Door) overhear(ctx context.Context, req broker.ForwardRequest, h *hearing) (*broker.Forwarded, error) {
	h.prompt = func(into *httpapi.CallContents) { promptOf(req.Request, req.Body, into) }
	tell := req.Done
	req.Done = func(r broker.Report) {
		h.tried.Store(len(r.Attempts) > 0)
		if tell != nil {
			tell(r)
		}
	}
	answer, err := d.Next.Forward(ctx, req)
	if err != nil {
		h.keep()
		return nil, err
	}
	o := &overheard{body: answer.Body, hearing: h, wire: wires[req.Surface.Wire()], stream: answer.Stream, deaf: answer.Status != http.StatusOK}
	answer.Body = o
	return answer, nil
}

// forbids says that the request itself says "store": false, as OpenAI's can.
func forbids(body []byte) bool {
	if !bytes.Contains(body, []byte(`"store"`)) { // nearly always
		return false
	}
	var said struct {
		Store *bool `json:"store"`
	}
	return json.Unmarshal(body, &said) == nil && said.Store != nil && !*said.Store
}

// hearing is a call whose contents are to be kept.
type hearing struct {
	book    *Book
	call    *calllog.Ongoing
	age     time.Duration
	private bool
	prompt  func(into *httpapi.CallContents) // what was asked, for when it is over
	answers *answers
	tried   atomic.Bool // somebody was asked
}

// hear is nil when nothing is to be kept.
func (b *Book) hear(ctx context.Context, calls Calls, id string) *hearing {
	caller, known := httpapi.CallerFrom(ctx)
	if !known {
		return nil
	}
	policy := b.policy(caller.TenantID)
	if !policy.Keep {
		return nil
	}
	call := calls.Ongoing(id)
	if call == nil {
		return nil
	}
	return &hearing{book: b, call: call, age: policy.Age(), private: caller.Private, answers: newAnswers()}
}

// keep brings what was said to the disk. A call that nobody was asked for said
// nothing.
func (h *hearing) keep() {
	if !h.tried.Load() {
		return
	}
	var said httpapi.CallContents
	h.prompt(&said)
	h.answers.tell(&said)
	h.call.Contents(h.book.keep(h.call.Call(), h.age, said))
}

// overheard is an answer on its way to its caller. Not for concurrent use.
type overheard struct {
	body    io.ReadCloser
	hearing *hearing
	wire    func(data []byte, add func(llm.Delta))
	stream  bool
	deaf    bool // it is no answer
	decoder sse.Decoder
	whole   []byte // of one that is not streamed
	once    sync.Once
}

// Read passes on what comes.
func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.body.Read(p)
	switch {
	case o.deaf:
	case o.stream:
		_ = o.decoder.Feed(p[:n], o.event) // event returns no error
	case len(o.whole)+n > maxWhole:
		o.deaf, o.whole, o.hearing.answers.cut = true, nil, true
	default:
		o.whole = append(o.whole, p[:n]...)
	}
	return n, err
}

func (o *overheard) event(e sse.Event) error {
	if len(e.Data) > 0 {
		o.wire(e.Data, o.hearing.answers.add)
	}
	return nil
}

// Close ends the call, and then keeps what it said.
func (o *overheard) Close() error {
	err := o.body.Close()
	o.once.Do(func() {
		if len(o.whole) > 0 {
			o.wire(o.whole, o.hearing.answers.add)
		}
		o.hearing.keep()
	})
	return err
}

// Chatter asks a model in the product's own vocabulary; *broker.Broker is one.
type Chatter interface {
	ChatWithReport(ctx context.Context, req llm.ChatRequest, o broker.Options, onDelta func(llm.Delta) error) (llm.Completion, broker.Report, error)
}

// Chats is Door for a Chatter.
type Chats struct {
	Next  Chatter
	Book  *Book
	Calls Calls
}

// ChatWithReport asks as Next does. Who asks is in ctx.
func (c *Chats) ChatWithReport(ctx context.Context, req llm.ChatRequest, o broker.Options, onDelta func(llm.Delta) error) (llm.Completion, broker.Report, error) {
	h := c.Book.hear(ctx, c.Calls, o.CallID)
	if h == nil || onDelta == nil { // whole answers are for the product's own use
		return c.Next.ChatWithReport(ctx, req, o, onDelta)
	}
	if h.private {
		h.call.Contents(calllog.ContentsDeclined, time.Time{})
		return c.Next.ChatWithReport(ctx, req, o, onDelta)
	}
	h.prompt = func(into *httpapi.CallContents) { turnsOf(req.Messages, into) }
	done, report, err := c.Next.ChatWithReport(ctx, req, o, func(d llm.Delta) error {
		h.answers.add(d)
		return onDelta(d)
	})
	h.tried.Store(len(report.Attempts) > 0)
	h.keep()
	return done, report, err
}
