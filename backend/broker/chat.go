package broker

import (
	"context"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// Chat implements llm.Client.
func (b *Broker) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	done, _, err := b.ChatWithReport(ctx, req, Options{}, onDelta)
	return done, err
}

// ChatWithReport is Chat that also tells which deployments were tried. It never
// tries a second one after the first content, so onDelta sees one answer.
func (b *Broker) ChatWithReport(ctx context.Context, req llm.ChatRequest, o Options, onDelta func(llm.Delta) error) (llm.Completion, Report, error) {
	report := Report{Model: req.Model}
	all, err := b.candidates(ctx, req.Model, CanChat)
	if err != nil {
		return llm.Completion{}, report, err
	}
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	var done llm.Completion
	err = b.attempts(ctx, all, &report, func(ctx context.Context, d Deployment, a *Attempt) outcome {
		var result outcome
		done, result = b.chatOnce(ctx, d, a, req, onDelta)
		return result
	})
	return done, report, err
}

func (b *Broker) chatOnce(ctx context.Context, d Deployment, a *Attempt, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, outcome) {
	attempt, content, stop := d.firstToken(ctx)
	defer stop()
	req.Model = d.Model
	begun := false
	done, err := d.Client.Chat(attempt, req, func(delta llm.Delta) error {
		if !begun {
			begun = true
			a.FirstToken = b.now()
			content()
		}
		if onDelta == nil {
			return nil
		}
		return onDelta(delta)
	})
	a.Finish, a.RequestID = done.Finish, done.RequestID
	if err == nil || begun {
		a.Usage = done.Usage
	}
	if err != nil {
		return done, outcome{begun, explain(attempt, err)}
	}
	a.Ended = b.now()
	b.release(d.ID)
	return done, outcome{begun: begun}
}

// Embed implements llm.Client.
func (b *Broker) Embed(ctx context.Context, req llm.EmbedRequest) (llm.Embeddings, error) {
	done, _, err := b.EmbedWithReport(ctx, req, Options{})
	return done, err
}

// EmbedWithReport is Embed that also tells which deployments were tried. All
// vectors come from one of them: vectors of two models cannot be compared.
func (b *Broker) EmbedWithReport(ctx context.Context, req llm.EmbedRequest, o Options) (llm.Embeddings, Report, error) {
	report := Report{Model: req.Model}
	if len(req.Inputs) == 0 {
		return llm.Embeddings{}, report, fault.New(fault.BadRequest, "There is nothing to embed.", nil).At("input")
	}
	all, err := b.candidates(ctx, req.Model, CanEmbed)
	if err != nil {
		return llm.Embeddings{}, report, err
	}
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	var done llm.Embeddings
	err = b.attempts(ctx, all, &report, func(ctx context.Context, d Deployment, a *Attempt) outcome {
		mine := req
		mine.Model = d.Model
		got, err := d.Client.Embed(ctx, mine)
		if err != nil {
			return outcome{err: err}
		}
		done, a.Usage, a.Ended = got, got.Usage, b.now()
		b.release(d.ID)
		return outcome{}
	})
	return done, report, err
}
