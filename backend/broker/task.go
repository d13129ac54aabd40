package broker

import (
	"context"
	"io"
	"sync"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

var (
	_ llm.Transcriber = (*Broker)(nil)
	_ llm.Speaker     = (*Broker)(nil)
	_ llm.Reranker    = (*Broker)(nil)
)

// taskJob is a request of a caller inside the product that is no chat and whose
// answer comes as a whole.
type taskJob struct {
	able func(llm.Client) bool // nil: every client is
	work func(ctx context.Context, d *Deployment) (llm.Usage, error)
}

func (j *taskJob) lane(d *Deployment) Lane {
	if d.Client == nil || (j.able != nil && !j.able(d.Client)) {
		return ""
	}
	return LaneTranslated
}

func (j *taskJob) losses(*Deployment) []string { return nil }

func (j *taskJob) late(*attempt, time.Duration) time.Duration { return 0 }

func (j *taskJob) open(a *attempt) error {
	a.sent = true
	a.watch.stop() // the client has bounds of its own for a whole answer
	used, err := j.work(a.ctx, a.one.d)
	if err != nil {
		return err
	}
	if a.rec.Usage = used; used == (llm.Usage{}) {
		a.rec.Usage = a.call.estimated(0)
	}
	return nil
}

// task runs a taskJob. The attempt is never nil; when there is no error it must
// be closed, which reports.
func (b *Broker) task(ctx context.Context, model string, need Capability, bound Bound, o Options, job *taskJob) (*attempt, error) {
	c := &call{need: need, opts: o, bound: bound, job: job, report: Report{Model: model}}
	if err := b.begin(ctx, c); err != nil {
		return &attempt{call: c}, err
	}
	a, err := c.run()
	if err != nil {
		c.end()
		return &attempt{call: c}, err
	}
	return a, nil
}

// Embed implements llm.Client.
func (b *Broker) Embed(ctx context.Context, req llm.EmbedRequest) (llm.Embeddings, error) {
	done, _, err := b.EmbedWithReport(ctx, req, Options{})
	return done, err
}

// EmbedWithReport is Embed that also tells what the request went through. All
// vectors come from one deployment: those of two models cannot be compared.
func (b *Broker) EmbedWithReport(ctx context.Context, req llm.EmbedRequest, o Options) (llm.Embeddings, Report, error) {
	if len(req.Inputs) == 0 {
		return llm.Embeddings{}, Report{Model: req.Model}, fault.New(fault.BadRequest, "There is nothing to embed.", nil).At("input")
	}
	size := 0
	for _, text := range req.Inputs {
		size += len(text)
	}
	var done llm.Embeddings
	a, err := b.task(ctx, req.Model, CanEmbed, Bound{Input: size}, o, &taskJob{work: func(ctx context.Context, d *Deployment) (llm.Usage, error) {
		mine := req
		mine.Model = d.Model
		var err error
		done, err = d.Client.Embed(ctx, mine)
		return done.Usage, err
	}})
	return done, a.close(err), err
}

// close ends a task and reports it.
func (a *attempt) close(err error) Report {
	if err == nil {
		a.deliver()
		a.call.end()
	}
	return a.call.report
}

func can[T any](c llm.Client) bool {
	_, ok := c.(T)
	return ok
}

// Transcribe implements llm.Transcriber.
func (b *Broker) Transcribe(ctx context.Context, req llm.TranscribeRequest) (llm.Transcript, error) {
	done, _, err := b.TranscribeWithReport(ctx, req, Options{})
	return done, err
}

// TranscribeWithReport is Transcribe that also tells what the request went
// through. The length of the sound is o.Bound.Millis, for who knows it.
func (b *Broker) TranscribeWithReport(ctx context.Context, req llm.TranscribeRequest, o Options) (llm.Transcript, Report, error) {
	var done llm.Transcript
	a, err := b.task(ctx, req.Model, CanTranscribe, Bound{}, o, &taskJob{able: can[llm.Transcriber], work: func(ctx context.Context, d *Deployment) (llm.Usage, error) {
		mine := req
		mine.Model = d.Model
		var err error
		done, err = d.Client.(llm.Transcriber).Transcribe(ctx, mine)
		return done.Usage, err
	}})
	return done, a.close(err), err
}

// Rerank implements llm.Reranker.
func (b *Broker) Rerank(ctx context.Context, req llm.RerankRequest) (llm.Ranking, error) {
	done, _, err := b.RerankWithReport(ctx, req, Options{})
	return done, err
}

// RerankWithReport is Rerank that also tells what the request went through.
func (b *Broker) RerankWithReport(ctx context.Context, req llm.RerankRequest, o Options) (llm.Ranking, Report, error) {
	size := len(req.Query) * max(len(req.Documents), 1)
	for _, text := range req.Documents {
		size += len(text)
	}
	var done llm.Ranking
	a, err := b.task(ctx, req.Model, CanRerank, Bound{Input: size}, o, &taskJob{able: can[llm.Reranker], work: func(ctx context.Context, d *Deployment) (llm.Usage, error) {
		mine := req
		mine.Model = d.Model
		var err error
		done, err = d.Client.(llm.Reranker).Rerank(ctx, mine)
		return done.Usage, err
	}})
	return done, a.close(err), err
}

// Speak implements llm.Speaker.
func (b *Broker) Speak(ctx context.Context, req llm.SpeechRequest) (llm.Speech, error) {
	return b.SpeakWithReport(ctx, req, Options{}, nil)
}

// SpeakWithReport is Speak that also tells what the request went through: done,
// which may be nil, is called once, when the sound is closed or before an error
// is returned.
func (b *Broker) SpeakWithReport(ctx context.Context, req llm.SpeechRequest, o Options, done func(Report)) (llm.Speech, error) {
	var speech llm.Speech
	a, err := b.task(ctx, req.Model, CanSpeak, Bound{Input: len(req.Text), Chars: len([]rune(req.Text))}, o, &taskJob{able: can[llm.Speaker], work: func(ctx context.Context, d *Deployment) (llm.Usage, error) {
		mine := req
		mine.Model = d.Model
		var err error
		speech, err = d.Client.(llm.Speaker).Speak(ctx, mine)
		return speech.Usage, err
	}})
	if err != nil {
		if done != nil {
			done(a.call.report)
		}
		return llm.Speech{}, err
	}
	a.call.done = done
	speech.Sound = &sound{ReadCloser: speech.Sound, end: sync.OnceFunc(func() { a.close(nil) })}
	return speech, nil
}

// sound ends its call when it is closed.
type sound struct {
	io.ReadCloser
	end func()
}

func (s *sound) Close() error {
	defer s.end()
	return s.ReadCloser.Close()
}
