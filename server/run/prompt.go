package run

import (
	"context"
	"fmt"
	"slices"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/server/replication"
	"nexusai/sync/entity"
)

const (
	// bytesPerToken errs on the safe side: English has about four.
	bytesPerToken = 3
	perMessage    = 8    // tokens of a chat template around each message
	maxAnswer     = 4096 // tokens
	minAnswer     = 256
)

// prompt is the conversation up to the message, as far as the model can read.
func (r *Runs) prompt(ctx context.Context, w *row) (llm.ChatRequest, error) {
	all, err := r.Threads.Messages(ctx, w.tenant, replication.UserScope(w.user), w.conversation)
	if err != nil {
		return llm.ChatRequest{}, fmt.Errorf("read the conversation: %w", err)
	}
	path := ancestors(all, w.message)
	if len(path) == 0 {
		return llm.ChatRequest{}, fault.New(fault.NotFound, "The message to answer is not there any more.", nil)
	}
	window := r.Fleet.Window(ctx, w.model)
	kept, answer := fit(r.System, path, window)
	return llm.ChatRequest{
		Model: w.model, MaxTokens: answer,
		Messages: append([]llm.Message{{Role: llm.System, Text: r.System}}, kept...),
	}, nil
}

// ancestors is the path from the root of the tree to the message. Answers that
// failed with nothing in them are left out. A loop, which no client of ours
// makes, ends the path.
func ancestors(all []entity.Message, id string) []llm.Message {
	byID := make(map[string]entity.Message, len(all))
	for _, m := range all {
		byID[m.ID] = m
	}
	var path []llm.Message
	for m, ok := byID[id]; ok; {
		delete(byID, m.ID)
		if m.Text != "" {
			path = append(path, llm.Message{Role: llm.Role(m.Role), Text: m.Text})
		}
		if m.ParentID == nil {
			break
		}
		m, ok = byID[*m.ParentID]
	}
	slices.Reverse(path)
	return path
}

// fit drops the oldest messages that the window has no room for, keeping the
// last one whatever its size: if even that is too long the provider says so.
// answer is how many tokens the model may write; 0: what it likes.
func fit(system string, path []llm.Message, window int) (kept []llm.Message, answer int) {
	if window <= 0 {
		return path, 0
	}
	reserve := min(maxAnswer, max(minAnswer, window/4))
	used := tokens(system)
	first := len(path) - 1
	used += tokens(path[first].Text)
	for first > 0 && used+tokens(path[first-1].Text) <= window-reserve {
		first--
		used += tokens(path[first].Text)
	}
	for first < len(path)-1 && path[first].Role != llm.User {
		used -= tokens(path[first].Text)
		first++ // an answer without its question confuses small models
	}
	return path[first:], min(maxAnswer, max(minAnswer, window-used))
}

func tokens(text string) int { return perMessage + (len(text)+bytesPerToken-1)/bytesPerToken }
