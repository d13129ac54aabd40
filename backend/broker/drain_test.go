package broker_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nexusai/backend/broker"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	up "nexusai/backend/provider/openai/openaitest"
)

func TestDrainingTurnsAwayAndLetsStreamsEnd(t *testing.T) {
	each(t, []way{bytesStream}, func(t *testing.T, r *rig) {
		end := make(chan struct{})
		r.deploy([]up.Act{up.Head(), up.Say("a"), until(end), up.Finish("stop"), up.Done()})
		r.all[0].Deadlines.BetweenTokens = time.Minute
		running := &reports{}
		f, err := r.broker().Forward(t.Context(), request(streamed, running))
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		drained := make(chan int)
		go func() { drained <- r.b.Drain(context.WithoutCancel(t.Context())) }()
		r.others = map[string]broker.Route{"unknown": {}}
		for { // until draining has begun
			_, err := r.b.Chat(t.Context(), ask("unknown"), nil)
			if fault.CodeOf(err) == fault.ModelUnknown {
				runtime.Gosched()
				continue
			}
			if f := fault.From(err); f.Code != fault.Unavailable || f.RetryAfter <= 0 {
				t.Errorf("a new request got %+v", f)
			}
			break
		}
		select {
		case n := <-drained:
			t.Fatalf("drained with %d left while a stream was running", n)
		default:
		}
		close(end)
		if text, err := drain(t, f); err != nil || !strings.HasSuffix(text, "[DONE]\n\n") {
			t.Errorf("%q %v", text, err)
		}
		if n := <-drained; n != 0 || r.b.Drain(t.Context()) != 0 {
			t.Errorf("%d left", n)
		}
	})
}

func TestDrainingEndsAfterAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := newBroker(t, at("a", 0, 1, func(ctx context.Context, onDelta func(llm.Delta) error) error {
			_ = onDelta(llm.Delta{Text: "a"})
			<-ctx.Done()
			return ctx.Err()
		}))
		go func() { _, _ = b.Chat(ctx, ask("m"), func(llm.Delta) error { return nil }) }()
		synctest.Wait()
		start := time.Now()
		if n := b.Drain(t.Context()); n != 1 || time.Since(start) != time.Minute {
			t.Errorf("%d left after %v", n, time.Since(start))
		}
		cancel()
		synctest.Wait()
		if n := b.Drain(t.Context()); n != 0 {
			t.Errorf("%d left", n)
		}
		if _, err := b.Embed(t.Context(), llm.EmbedRequest{Model: "m", Inputs: []string{"a"}}); fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("embedding while draining is %v", err)
		}
	})
}
