package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

const (
	// maxHeld bounds what a stream may send before its first content.
	maxHeld = 1 << 20
	// maxErrorBody bounds a provider's error that is passed on.
	maxErrorBody = 64 << 10
)

// ForwardRequest is a request of a surface.
type ForwardRequest struct {
	// Surface reads and writes what callers send; its wire says what a
	// deployment must be able to do. Required.
	Surface Surface
	Request Request     // what Surface.Read made of Body; nil: Forward reads it
	Header  http.Header // of the caller; only harmless names are passed on
	Body    []byte      // whole; not changed
	Options Options
	// Done is called exactly once, when all is over: after the last byte, on
	// Close, or before Forward returns an error. It must not block. May be nil.
	Done func(Report)
}

// Forwarded is an answer that began well, or the provider's own words on what
// is wrong with the request (Status 400, 413 or 422).
type Forwarded struct {
	Status      int
	ContentType string
	// Body is what the caller may have. A stream that breaks off after its first
	// content and cannot be rescued ends with the surface's error event, and then
	// Read returns a *fault.Fault, never io.EOF. The gateway must close it, which
	// frees the provider and makes the report. Not for concurrent use.
	Body   io.ReadCloser
	Stream bool
	// Raw says that the stream has no events. One that breaks off can say so
	// only by breaking off: its caller must not get a proper end.
	Raw        bool
	Deployment string
	Provider   string
	Key        string   // id of the provider's key
	Losses     []string // what translation left out, for x-nexus-loss
	MaxOutput  int      // the limit of output tokens that was set because the request sets none; 0: none
}

// needs are what a deployment must be able to do for each wire; a wire that is
// not here is a chat.
var needs = map[llm.Wire]Capability{
	llm.OpenAIEmbeddings: CanEmbed, llm.Rerank: CanRerank, llm.AnthropicCount: CanCount,
	llm.OpenAITranscribe: CanTranscribe, llm.OpenAITranscribeEvents: CanTranscribe,
	llm.OpenAISpeech: CanSpeak, llm.OpenAISpeechEvents: CanSpeak,
}

// Forward sends a request of a surface and returns once the answer has begun:
// for a stream with its first content, until when other deployments may be
// tried. Errors are faults; then no part of an answer exists.
func (b *Broker) Forward(ctx context.Context, req ForwardRequest) (*Forwarded, error) {
	c, err := b.surfaceCall(req)
	if err == nil {
		err = b.begin(ctx, c)
	}
	if err != nil {
		if req.Done != nil {
			req.Done(Report{Model: c.report.Model})
		}
		return nil, err
	}
	a, err := c.run()
	if err != nil {
		c.end()
		return nil, err
	}
	if a.source == nil {
		a.deliver() // the provider has done its part
	}
	answer := a.answer
	answer.Deployment, answer.Provider, answer.Key = a.rec.Deployment, a.rec.Provider, a.rec.Key
	answer.Losses, answer.MaxOutput = a.rec.Losses, a.rec.MaxOutput
	return answer, nil
}

// surfaceCall reads the request. The call is never nil.
func (b *Broker) surfaceCall(req ForwardRequest) (*call, error) {
	c := &call{opts: req.Options, done: req.Done}
	if req.Surface == nil {
		return c, fault.New(fault.Internal, "Something went wrong on our side.", errors.New("a ForwardRequest without Surface"))
	}
	request := req.Request
	if request == nil {
		var err error
		if request, err = req.Surface.Read(req.Body); err != nil {
			return c, fault.From(err)
		}
	}
	c.report.Model = request.Model()
	if c.report.Model == "" {
		return c, fault.New(fault.BadRequest, "The request names no model.", nil).At("model")
	}
	wire := req.Surface.Wire()
	if own, ok := request.(Wired); ok {
		wire = own.Wire()
	}
	if c.need = needs[wire]; c.need == "" {
		c.need = CanChat
	}
	if c.ask = c.need; c.need == CanCount {
		c.need = CanChat
	}
	doer, _ := request.(Doer)
	c.job = &surfaceJob{call: c, surface: req.Surface, wire: wire, request: request, doer: doer, header: req.Header, streamed: request.Stream()}
	c.bound, c.tie.key = request.Bound(), request.Affinity()
	return c, nil
}

// surfaceJob is a request in a surface's bytes.
type surfaceJob struct {
	call     *call
	surface  Surface
	wire     llm.Wire
	request  Request
	doer     Doer // nil: a chat
	header   http.Header
	streamed bool
}

func (j *surfaceJob) lane(d *Deployment) Lane {
	need := j.request.Bound()
	forced := d.Skills.ForcedTools && d.Client != nil && need.Tools
	switch {
	case d.Forwarder != nil && d.Forwarder.Speaks(j.wire) && !forced && (need.Addresses == 0 || takesAddresses(d.Forwarder)):
		return LaneBytes
	case d.Client != nil:
		return LaneTranslated
	}
	return ""
}

func takesAddresses(f llm.Forwarder) bool {
	said, ok := f.(llm.Addressed)
	return !ok || said.TakesAddresses()
}

func (j *surfaceJob) losses(d *Deployment) []string {
	if j.doer != nil {
		return nil
	}
	req, err := j.request.Chat()
	if err != nil {
		return nil // opening says so
	}
	return lossesOf(d, req)
}

// lossesOf is what the wire of d cannot say of req.
func lossesOf(d *Deployment, req llm.ChatRequest) []string {
	lossy, ok := d.Client.(llm.Lossy)
	if !ok {
		return req.Unknown
	}
	return lossy.Losses(req)
}

// late: a translating client streams whatever the caller wants. Of a chat's whole
// answer nothing shows before its end: it is late when it takes token longer
// than such answers usually do there.
func (j *surfaceJob) late(a *attempt, token time.Duration) time.Duration {
	if j.streamed || a.rec.Lane == LaneTranslated && j.doer == nil {
		return token
	}
	usual := a.one.node.load.usual()
	if j.doer != nil || usual == 0 {
		return 0
	}
	return usual + token
}

func (j *surfaceJob) open(a *attempt) error {
	switch {
	case a.rec.Lane == LaneBytes:
		return j.passOn(a)
	case j.doer != nil:
		return j.do(a)
	}
	return j.translate(a)
}

// passOn sends the caller's bytes.
func (j *surfaceJob) passOn(a *attempt) error {
	d := a.one.d
	body := j.request.Rewrite(d.Model, a.rec.MaxOutput)
	a.sent = true
	if !j.streamed {
		a.watch.stop() // nothing shows before the end of a whole answer, which the client bounds
	}
	resp, err := d.Forwarder.Send(a.ctx, llm.Forward{Wire: j.wire, Header: j.header, Body: body, Stream: j.streamed, Deadlines: a.limits})
	if err != nil {
		return err
	}
	a.rec.RequestID = resp.Header.Get("X-Request-Id")
	kind := resp.Header.Get("Content-Type")
	a.answer = &Forwarded{Status: resp.StatusCode, ContentType: kind}
	if resp.StatusCode/100 == 2 && j.flows(kind) {
		a.watch.connected()
		return j.beginStream(a, resp)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return j.failure(a, resp)
	}
	return j.whole(a, resp.Body, isJSON(kind))
}

// flows says that an answer of this type comes piece by piece.
func (j *surfaceJob) flows(kind string) bool {
	if _, retold := j.request.(Retold); retold {
		return j.streamed && is("text/event-stream", kind)
	}
	return j.streamed && !isJSON(kind)
}

func isJSON(kind string) bool { return is("application/json", kind) }

func is(media, kind string) bool {
	if kind == media { // nearly always
		return true
	}
	said, _, _ := mime.ParseMediaType(kind)
	return said == media
}

func (j *surfaceJob) beginStream(a *attempt, resp *http.Response) error {
	watcher := j.surface.Watch(j.request, j.call.b.now)
	if watcher == nil {
		return j.beginRaw(a, rawOf(a, resp.Body, llm.Usage{}))
	}
	source := pass(a, resp.Body, watcher)
	head, end, err := source.begin()
	if err != nil {
		if seen := source.seen(); seen.HasUsage || seen.Bytes > 0 {
			a.rec.Usage = j.call.usageOf(seen)
		}
		source.close()
		return err
	}
	j.stream(a, source, head, end)
	return nil
}

func (j *surfaceJob) beginRaw(a *attempt, source *raw) error {
	head, end, err := source.begin()
	if err != nil {
		source.settle()
		return err
	}
	a.answer.Raw = true
	j.stream(a, source, head, end)
	return nil
}

// stream makes the attempt's answer the caller's.
func (j *surfaceJob) stream(a *attempt, source source, head []byte, end error) {
	a.source = source
	a.answer.Stream = true
	a.answer.Body = &stream{call: j.call, job: j, a: a, source: source, ready: head, store: head[:0:cap(head)], err: end}
}

// failure is an error to try again elsewhere, or nil when the provider's words
// on a bad request are the answer.
func (j *surfaceJob) failure(a *attempt, resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // half a message still says something
	f := j.surface.Failure(resp.StatusCode, resp.Header, body, j.call.b.now())
	a.sent = false // nobody bills a refusal
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
	default:
		return f
	}
	switch f.Code {
	case fault.BadRequest, fault.TooLarge:
	case fault.ContextTooLong:
		if j.call.larger != "" && j.call.report.Larger == "" {
			return f
		}
	default: // the status says that the request is bad, the body that it is not
		return f
	}
	a.words = f
	j.held(a, body)
	return nil
}

// whole reads an answer that is not streamed to its end, so that one that is
// cut or empty can still be had elsewhere.
func (j *surfaceJob) whole(a *attempt, r io.Reader, json bool) error {
	body, err := io.ReadAll(io.LimitReader(r, j.call.b.maxAnswer+1))
	if err != nil {
		return broken(a.ctx, err)
	}
	if int64(len(body)) > j.call.b.maxAnswer {
		return fault.New(fault.UpstreamFailed, "The model's answer is too large.", fmt.Errorf("an answer over %d bytes", j.call.b.maxAnswer))
	}
	if len(body) == 0 {
		return empty("the body is empty")
	}
	if !json && j.call.need != CanChat { // a transcript as text
		a.rec.Usage = j.call.estimated(len(body))
		return j.retell(a, body)
	}
	seen, f := j.surface.Inspect(body)
	if f != nil {
		return f
	}
	a.rec.Finish, a.rec.Usage = seen.Finish, j.call.usageOf(seen)
	if j.doer == nil {
		now := j.call.b.now()
		a.one.node.load.sawWhole(now.Sub(a.rec.Started), now)
	}
	return j.retell(a, body)
}

// retell hands a whole answer out, as events if the caller waits for these.
func (j *surfaceJob) retell(a *attempt, body []byte) error {
	if retold, ok := j.request.(Retold); ok && j.streamed {
		events, err := retold.Retell(body, a.answer.ContentType)
		if err != nil {
			return fault.New(fault.UpstreamFailed, "The model's answer cannot be written in this interface's form.", err)
		}
		body, a.answer.ContentType, a.answer.Stream = events, "text/event-stream", true
	}
	j.held(a, body)
	return nil
}

// translate asks in the product's vocabulary and writes the answer in the
// surface's.
func (j *surfaceJob) translate(a *attempt) error {
	req, err := j.request.Chat()
	if err != nil {
		return err
	}
	a.rec.Losses = lossesOf(a.one.d, req)
	got, err := a.chat(req, nil)
	if err != nil {
		return err
	}
	encoder := j.surface.Write(j.request, Seen{})
	a.answer = &Forwarded{Status: http.StatusOK, ContentType: "text/event-stream"}
	if j.streamed {
		j.stream(a, &encoded{feed: got, encoder: encoder}, nil, nil)
		return nil
	}
	done, err := got.all()
	a.rec.Usage, a.rec.Finish = got.usage(), got.done.Finish
	if err != nil {
		return err
	}
	a.rec.RequestID = done.RequestID
	done.Usage = a.rec.Usage
	body, err := encoder.Whole(done)
	if err != nil {
		return fault.New(fault.UpstreamFailed, "The model's answer cannot be written in this interface's form.", err)
	}
	a.answer.ContentType = "application/json"
	j.held(a, body)
	return nil
}

// do has a request that is no chat ask for itself.
func (j *surfaceJob) do(a *attempt) error {
	a.sent = true
	a.watch.stop() // an answer that is not streamed has the client's own bounds
	got, err := j.doer.Do(a.ctx, a.one.d.Client, a.one.d.Model)
	if err != nil {
		return err
	}
	a.answer = &Forwarded{Status: http.StatusOK, ContentType: got.ContentType, Stream: j.streamed}
	if j.streamed && j.surface.Watch(j.request, j.call.b.now) == nil {
		return j.beginRaw(a, rawOf(a, got.Body, got.Usage))
	}
	defer got.Body.Close()
	body, err := io.ReadAll(io.LimitReader(got.Body, j.call.b.maxAnswer+1))
	switch {
	case err != nil:
		return broken(a.ctx, err)
	case int64(len(body)) > j.call.b.maxAnswer:
		return fault.New(fault.UpstreamFailed, "The model's answer is too large.", fmt.Errorf("an answer over %d bytes", j.call.b.maxAnswer))
	case len(body) == 0:
		return empty("the answer has no bytes")
	}
	if a.rec.Usage = got.Usage; got.Usage == (llm.Usage{}) && j.call.ask != CanCount {
		a.rec.Usage = j.call.estimated(0)
	}
	j.held(a, body)
	return nil
}
