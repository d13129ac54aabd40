package httpapi

import (
	"context"
	"net/http"
	"time"
)

// ChatRequest asks a model to answer a user's message. MessageID is made by
// the client and is the idempotency key: a repeat attaches to the same run.
type ChatRequest struct {
	ConversationID string `json:"conversation_id" format:"uuid"`
	MessageID      string `json:"message_id" format:"uuid" doc:"the user's message; the idempotency key of a send"`
	ParentID       string `json:"parent_id,omitempty" doc:"the message it follows; empty at the start"`
	Text           string `json:"text,omitempty" maxLength:"1000000" doc:"empty to regenerate an answer to message_id"`
	Model          string `json:"model" minLength:"1" maxLength:"200"`
	Regenerate     string `json:"regenerate,omitempty" doc:"a fresh id (UUIDv7): write one more answer to message_id; the idempotency key of the regeneration"`
}

// Run is an answer being written. The host that runs it owns it: only Stop
// cancels, and a client that left comes back by RunID and Seq.
type Run struct {
	ID             string    `json:"id"`
	ConversationID string    `json:"conversation_id"`
	MessageID      string    `json:"message_id" doc:"the user's message it answers"`
	AnswerID       string    `json:"answer_id" doc:"the assistant's message it writes"`
	Model          string    `json:"model"`
	State          RunState  `json:"state" enum:"waiting,running,done,stopped,failed"`
	WaitsFor       string    `json:"waits_for,omitempty" doc:"code of what a waiting run waits for"`
	Text           string    `json:"text" doc:"the answer so far, up to seq"`
	Seq            int64     `json:"seq" doc:"the newest event that text includes"`
	StartedAt      time.Time `json:"started_at"`
}

// RunState is where a Run stands. Waiting is the desktop's queue.
type RunState string

// The states of a run. Done, Stopped and Failed are final.
const (
	RunWaiting RunState = "waiting"
	RunRunning RunState = "running"
	RunDone    RunState = "done"
	RunStopped RunState = "stopped"
	RunFailed  RunState = "failed"
)

// Event is what a host tells its pages. Exactly one part is set, named by Type.
type Event struct {
	Type string    `json:"type" enum:"run,hint"`
	Run  *RunEvent `json:"run,omitempty"`
	Hint *Hint     `json:"hint,omitempty"`
}

// RunEvent is one step of an answer. Seq starts at 1 and has no gaps, so a
// client that saw n asks for what comes after n.
type RunEvent struct {
	RunID          string   `json:"run_id"`
	ConversationID string   `json:"conversation_id"`
	AnswerID       string   `json:"answer_id"`
	Seq            int64    `json:"seq"`
	Text           string   `json:"text,omitempty" doc:"text to append"`
	State          RunState `json:"state" enum:"waiting,running,done,stopped,failed"`
	Message        *Message `json:"message,omitempty" doc:"the finished answer; on the last event"`
	Problem        *Problem `json:"problem,omitempty" doc:"why it failed; on the last event"`
}

// Hint says that something changed and may be fetched again. It carries no
// data, so a lost one costs freshness only.
type Hint struct {
	Topic string `json:"topic" enum:"conversations,thread,status,models,queue,logs,users,keys,providers,audit,dashboard,limits"`
	ID    string `json:"id,omitempty" doc:"the row that changed, when there is one"`
}

// Chat is implemented by both hosts.
type Chat interface {
	// Send stores the message and starts, or queues, its run. It returns as
	// soon as the message is durable. A repeat returns the same run.
	Send(ctx context.Context, r ChatRequest) (Run, error)
	// Run returns the run with its text so far.
	Run(ctx context.Context, id string) (Run, error)
	// Stop ends the run and keeps what was written; stopping twice is fine.
	Stop(ctx context.Context, id string) (Run, error)
}

// Model is something a user can pick.
type Model struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Family        string `json:"family" enum:"openai,anthropic,google,deepseek,meta,mistral,qwen,other"`
	Kind          string `json:"kind" enum:"chat,embedding,transcription,speech,rerank"`
	Local         bool   `json:"local" doc:"runs on this device, without any server"`
	Provider      string `json:"provider" doc:"who runs it, in words"`
	ContextTokens int    `json:"context_tokens,omitempty"`
	InputNanoUSD  int64  `json:"input_nano_usd,omitempty" doc:"per 1,000 input tokens"`
	OutputNanoUSD int64  `json:"output_nano_usd,omitempty" doc:"per 1,000 output tokens"`
	KeptDays      int    `json:"kept_days,omitempty" doc:"the organisation keeps what it is asked and answers for so long; absent: it does not"`
	State         string `json:"state" enum:"ready,starting,unready" doc:"unready: see detail"`
	Detail        string `json:"detail,omitempty" doc:"why it is not ready, or how far it is"`
}

// Models lists what the caller may use.
type Models interface {
	ListModels(ctx context.Context) ([]Model, error)
}

// Spend is what the caller's calls cost today, in the tenant's time zone.
type Spend struct {
	TodayNanoUSD int64 `json:"today_nano_usd"`
	CallsToday   int   `json:"calls_today"`
}

// Usage tells what was spent.
type Usage interface {
	Spend(ctx context.Context) (Spend, error)
}

// RegisterChat mounts chat, models and usage. The streams beside them
// (/api/chat/stream, /api/events) are mounted by the host: see Streams.
func RegisterChat(a *API, c Chat, m Models, u Usage) {
	add(a, route{id: "send-message", method: http.MethodPost, path: "/api/chat", tag: "chat", summary: "Send a message and start its answer", needs: UseChat, limit: textLimit},
		func(ctx context.Context, in *body[ChatRequest]) (*body[Run], error) {
			return reply(c.Send(ctx, in.Body))
		})
	add(a, route{id: "get-run", method: http.MethodGet, path: "/api/chat/runs/{id}", tag: "chat", summary: "An answer and its text so far", needs: UseChat},
		func(ctx context.Context, in *IDPath) (*body[Run], error) { return reply(c.Run(ctx, in.ID)) })
	add(a, route{id: "stop-run", method: http.MethodPost, path: "/api/chat/runs/{id}/stop", tag: "chat", summary: "Stop an answer, keeping what was written", needs: UseChat},
		func(ctx context.Context, in *IDPath) (*body[Run], error) { return reply(c.Stop(ctx, in.ID)) })
	add(a, route{id: "list-models", method: http.MethodGet, path: "/api/models", tag: "chat", summary: "Models the caller may use", needs: UseChat},
		func(ctx context.Context, _ *Empty) (*body[[]Model], error) { return reply(m.ListModels(ctx)) })
	add(a, route{id: "get-spend", method: http.MethodGet, path: "/api/usage/today", tag: "chat", summary: "What the caller spent today", needs: Signed},
		func(ctx context.Context, _ *Empty) (*body[Spend], error) { return reply(u.Spend(ctx)) })
}
