package openai

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/sse"
)

// maxAnswerText bounds the text of one streamed answer that is kept.
const maxAnswerText = 16 << 20

// Chat implements llm.Client. It always streams, also without onDelta: only a
// stream shows in time that the other side is gone.
func (c *Client) Chat(ctx context.Context, req llm.ChatRequest, onDelta func(llm.Delta) error) (llm.Completion, error) {
	body, err := encodeChat(req, c.newLimit)
	if err != nil {
		return llm.Completion{}, fault.New(fault.BadRequest, "The request cannot be encoded.", fmt.Errorf("encode a chat: %w", err))
	}
	ctx, phase := withPhases(ctx, c.limits.Connect, "the first token", c.limits.FirstToken)
	defer phase.stop()
	resp, err := c.do(ctx, http.MethodPost, "/chat/completions", nil, body)
	if err != nil {
		return llm.Completion{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return llm.Completion{}, c.failure(resp)
	}
	a := answer{onDelta: onDelta, phase: phase, between: c.limits.BetweenTokens}
	if isJSON(resp.Header) {
		err = a.whole(ctx, resp.Body, c.maxAnswer)
	} else {
		err = a.read(ctx, resp.Body)
	}
	done := a.completion(len(body))
	if id := resp.Header.Get("X-Request-Id"); id != "" {
		done.RequestID = id
	}
	if err != nil {
		return done, c.clean(err)
	}
	return done, nil
}

func isJSON(header http.Header) bool {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return kind == "application/json"
}

// answer gathers one completion from its stream.
type answer struct {
	tally     tally
	onDelta   func(llm.Delta) error
	phase     *phases
	between   time.Duration
	text      strings.Builder
	reasoning strings.Builder
	calls     []llm.ToolCall
	started   bool
}

// read takes the stream to its end marker. Bytes after the marker are not
// waited for.
func (a *answer) read(ctx context.Context, body io.Reader) error {
	var decoder sse.Decoder
	buf := make([]byte, 16<<10)
	for {
		if a.started {
			a.phase.waits()
		}
		n, err := body.Read(buf)
		if a.started {
			a.phase.rests()
		}
		if feedErr := decoder.Feed(buf[:n], a.event); feedErr != nil {
			return stopped(ctx, feedErr)
		}
		if a.tally.done || a.tally.failure != nil {
			break
		}
		if err == io.EOF {
			if flushErr := decoder.Flush(a.event); flushErr != nil {
				return stopped(ctx, flushErr)
			}
			break
		}
		if err != nil {
			return transportFault(ctx, fmt.Errorf("read the stream: %w", err), safeCut)
		}
	}
	if f := a.tally.verdict(); f != nil {
		return f
	}
	return nil
}

// stopped explains an end that did not come from the stream: the Fault that
// onDelta returned, its wish to follow a cancelled ctx, or another error.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return transportFault(ctx, err, safeCut)
	}
	return fault.From(err)
}

func (a *answer) event(e sse.Event) error {
	if e.Large {
		return malformed(fmt.Errorf("an event is over %d bytes", sse.DefaultMax))
	}
	chunk := a.tally.event(e)
	if chunk == nil {
		return nil
	}
	for _, one := range chunk.Choices {
		if one.Index != 0 { // we asked for one answer
			continue
		}
		if err := a.add(one.delta()); err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) add(d llm.Delta) error {
	if d.Text == "" && d.Reasoning == "" && len(d.ToolCalls) == 0 {
		return nil
	}
	if !a.started {
		a.started = true
		a.phase.enter("the next token", a.between)
		a.phase.rests() // until we wait again: onDelta takes its own time
	}
	if a.tally.bytes > maxAnswerText {
		return malformed(fmt.Errorf("the answer is over %d bytes", maxAnswerText))
	}
	a.text.WriteString(d.Text)
	a.reasoning.WriteString(d.Reasoning)
	for _, call := range d.ToolCalls {
		if call.Index < 0 || call.Index >= maxToolCalls {
			return malformed(fmt.Errorf("tool call index %d", call.Index))
		}
		for len(a.calls) <= call.Index {
			a.calls = append(a.calls, llm.ToolCall{})
		}
		kept := &a.calls[call.Index]
		kept.ID += call.ID
		kept.Name += call.Name
		kept.Arguments += call.Arguments
	}
	if a.onDelta == nil {
		return nil
	}
	return a.onDelta(d)
}

// whole reads an answer from an endpoint that does not stream although asked.
func (a *answer) whole(ctx context.Context, body io.Reader, limit int64) error {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return transportFault(ctx, fmt.Errorf("read the answer: %w", err), safeCut)
	}
	if int64(len(data)) > limit {
		return malformed(fmt.Errorf("the answer is over %d bytes", limit))
	}
	if err := a.event(sse.Event{Data: data}); err != nil {
		return stopped(ctx, err)
	}
	a.tally.settle()
	if f := a.tally.verdict(); f != nil {
		return f
	}
	return nil
}

// completion is what has come so far; usage is estimated when the provider
// counted nothing.
func (a *answer) completion(requestBytes int) llm.Completion {
	t := &a.tally
	out := llm.Completion{
		Model: t.model, RequestID: t.id, Text: a.text.String(),
		ToolCalls: a.calls, Finish: t.finish, Usage: t.usage,
	}
	if a.reasoning.Len() > 0 {
		out.Reasoning = []llm.Reasoning{{Text: a.reasoning.String(), Wire: llm.OpenAIChat}}
	}
	if !t.hasUsage {
		out.Usage = Estimate(requestBytes, t.bytes)
	}
	return out
}
