package cache

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/llm"
)

// kept is a whole answer. It is not changed once it is on the shelf.
type kept struct {
	name        name
	made        time.Time
	contentType string
	stream      bool
	losses      []string
	body        []byte
	model       string
	finish      llm.Finish
	usage       llm.Usage
}

func (k *kept) size() int { return len(k.body) + overhead }

// replay gives the answer once more. It costs nothing, and the report says so.
func (k *kept) replay(req broker.ForwardRequest, started time.Time, now func() time.Time) *broker.Forwarded {
	done := sync.OnceFunc(func() {
		if req.Done == nil {
			return
		}
		ended := now()
		attempt := broker.Attempt{
			N: 1, Deployment: Provider, Name: Provider, Provider: Provider, Model: k.model, Lane: broker.LaneBytes, Why: broker.WhyOnly,
			Losses: k.losses, Started: started, Ended: ended, Finish: k.finish, Usage: k.usage, Delivered: true,
		}
		if k.stream {
			attempt.FirstToken = started
		}
		req.Done(broker.Report{Model: req.Request.Model(), Attempts: []broker.Attempt{attempt}, Delivered: k.usage})
	})
	return &broker.Forwarded{
		Status: http.StatusOK, ContentType: k.contentType, Stream: k.stream, Losses: k.losses, Deployment: Provider, Provider: Provider,
		Body: &old{Reader: bytes.NewReader(k.body), done: done},
	}
}

// old is the body of an answer that is given once more.
type old struct {
	io.Reader
	done func()
}

func (o *old) Close() error {
	o.done()
	return nil
}

// ask has the request answered and keeps the answer when it was whole.
func (c *Cache) ask(ctx context.Context, tenant string, n name, req broker.ForwardRequest) (*broker.Forwarded, error) {
	fresh := &fresh{cache: c, tenant: tenant, kept: kept{name: n}}
	tell := req.Done
	req.Done = func(r broker.Report) {
		fresh.told(r)
		if tell != nil {
			tell(r)
		}
	}
	answer, err := c.next.Forward(ctx, req)
	if err != nil || answer.Status != http.StatusOK {
		return answer, err
	}
	k := &fresh.kept
	k.contentType, k.stream, k.losses = answer.ContentType, answer.Stream, answer.Losses
	fresh.limited = answer.MaxOutput > 0
	fresh.body, answer.Body = answer.Body, fresh
	return answer, nil
}

// fresh is an answer's body on its way to the caller. Not for concurrent use,
// but for told.
type fresh struct {
	cache   *Cache
	tenant  string
	kept    kept
	body    io.ReadCloser
	limited bool // to what a budget allowed
	large   bool
	ended   bool

	mu     sync.Mutex // guards what follows
	report *broker.Report
}

func (f *fresh) told(r broker.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.report = &r
}

func (f *fresh) Read(p []byte) (int, error) {
	n, err := f.body.Read(p)
	if len(f.kept.body)+n > f.cache.maxAnswer {
		f.large, f.kept.body = true, nil
	}
	if !f.large {
		f.kept.body = append(f.kept.body, p[:n]...)
	}
	f.ended = f.ended || errors.Is(err, io.EOF)
	return n, err
}

// Close makes the report final, and with it the decision to keep the answer.
func (f *fresh) Close() error {
	err := f.body.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.report == nil || !f.ended || f.large || len(f.kept.body) == 0 {
		return err
	}
	last, tried := f.report.Last()
	if !tried || last.Code != "" || last.Finish == llm.FinishRefusal || (f.limited && last.Finish == llm.FinishLength) {
		return err
	}
	k := f.kept
	k.made, k.model, k.finish, k.usage = f.cache.now(), last.Model, last.Finish, f.report.Delivered
	if k.usage == (llm.Usage{}) {
		k.usage = last.Usage
	}
	k.body = bytes.Clone(k.body) // without the room to grow
	f.report = nil               // once
	f.cache.shelf.put(f.tenant, &k)
	return err
}
