package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Conversation is a thread of messages.
type Conversation struct {
	ID        string     `json:"id"`
	Title     string     `json:"title" doc:"empty until the first message names it"`
	Model     string     `json:"model" doc:"the model the composer proposes next"`
	Pinned    bool       `json:"pinned"`
	TrashedAt *time.Time `json:"trashed_at,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	LastAt    time.Time  `json:"last_at" doc:"when its newest message was written"`
	Unsent    int        `json:"unsent" doc:"messages that wait to be sent or synced; the desktop only"`
	Draft     bool       `json:"draft" doc:"an unsent text is kept"`
	RunID     string     `json:"run_id,omitempty" doc:"the answer being written now"`
}

// Message is an immutable node of a conversation's tree. An edit or a
// regenerated answer is a sibling: another node with the same parent.
type Message struct {
	ID             string    `json:"id"`
	ConversationID string    `json:"conversation_id"`
	ParentID       string    `json:"parent_id,omitempty"`
	Role           string    `json:"role" enum:"system,user,assistant"`
	Text           string    `json:"text"`
	Model          string    `json:"model,omitempty"`
	Finish         string    `json:"finish,omitempty" enum:"stop,length,stopped,error" doc:"assistant messages only"`
	ErrorCode      string    `json:"error_code,omitempty"`
	InputTokens    int       `json:"input_tokens,omitempty"`
	OutputTokens   int       `json:"output_tokens,omitempty"`
	CostNanoUSD    int64     `json:"cost_nano_usd,omitempty"`
	RunID          string    `json:"run_id,omitempty"`
	CreatedAt      time.Time `json:"created_at"`
	State          string    `json:"state" enum:"sent,saving,waiting,failed" doc:"saving: kept on this device, not yet on the server; waiting: in the queue for its model; failed: needs the user"`
	WaitsFor       string    `json:"waits_for,omitempty" doc:"code of why it waits or failed"`
}

// Thread is a conversation with all its messages, oldest first.
type Thread struct {
	Conversation Conversation `json:"conversation"`
	Messages     []Message    `json:"messages"`
	Draft        string       `json:"draft" doc:"the unsent text"`
	Run          *Run         `json:"run,omitempty" doc:"the answer being written now, with its text so far"`
}

// ConversationQuery selects conversations, newest first.
type ConversationQuery struct {
	Search string `query:"q" maxLength:"200" doc:"words of the title"`
	Trash  bool   `query:"trash" doc:"what was deleted instead"`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"60"`
}

// ConversationPage is a page of conversations.
type ConversationPage struct {
	Items      []Conversation `json:"items"`
	NextCursor string         `json:"next_cursor,omitempty"`
}

// NewConversation starts a thread; the client may bring the id (UUIDv7).
type NewConversation struct {
	ID    string `json:"id,omitempty" format:"uuid"`
	Title string `json:"title,omitempty" maxLength:"300"`
	Model string `json:"model,omitempty" maxLength:"200"`
}

// ConversationPatch changes what is present.
type ConversationPatch struct {
	Title  *string `json:"title,omitempty" maxLength:"300"`
	Model  *string `json:"model,omitempty" maxLength:"200"`
	Pinned *bool   `json:"pinned,omitempty"`
}

// DraftText is the unsent text of a conversation.
type DraftText struct {
	Text string `json:"text" maxLength:"1000000"`
}

// Conversations is implemented by both hosts for the caller's own threads. An
// id of somebody else answers fault.NotFound. Trash and Restore may be
// repeated.
type Conversations interface {
	ListConversations(ctx context.Context, q ConversationQuery) (ConversationPage, error)
	CreateConversation(ctx context.Context, n NewConversation) (Conversation, error)
	Thread(ctx context.Context, id string) (Thread, error)
	PatchConversation(ctx context.Context, id string, p ConversationPatch) (Conversation, error)
	TrashConversation(ctx context.Context, id string) error
	RestoreConversation(ctx context.Context, id string) (Conversation, error)
	SaveDraft(ctx context.Context, conversationID string, d DraftText) error
}

// IDPath names one row. It is exported because huma skips embedded structs that
// are not.
type IDPath struct {
	ID string `path:"id" format:"uuid"`
}

// RegisterConversations mounts the group.
func RegisterConversations(a *API, s Conversations) {
	const tag = "conversations"
	add(a, route{id: "list-conversations", method: http.MethodGet, path: "/api/conversations", tag: tag, summary: "Conversations, newest first", needs: UseChat},
		func(ctx context.Context, in *ConversationQuery) (*body[ConversationPage], error) {
			return reply(s.ListConversations(ctx, *in))
		})
	add(a, route{id: "create-conversation", method: http.MethodPost, path: "/api/conversations", tag: tag, summary: "Start a conversation", needs: UseChat},
		func(ctx context.Context, in *body[NewConversation]) (*body[Conversation], error) {
			return reply(s.CreateConversation(ctx, in.Body))
		})
	add(a, route{id: "get-conversation", method: http.MethodGet, path: "/api/conversations/{id}", tag: tag, summary: "One conversation with its messages", needs: UseChat},
		func(ctx context.Context, in *IDPath) (*body[Thread], error) { return reply(s.Thread(ctx, in.ID)) })
	add(a, route{id: "patch-conversation", method: http.MethodPatch, path: "/api/conversations/{id}", tag: tag, summary: "Rename, pin or change the model", needs: UseChat},
		func(ctx context.Context, in *struct {
			IDPath
			Body ConversationPatch
		}) (*body[Conversation], error) {
			return reply(s.PatchConversation(ctx, in.ID, in.Body))
		})
	add(a, route{id: "trash-conversation", method: http.MethodDelete, path: "/api/conversations/{id}", tag: tag, summary: "Move to the trash", needs: UseChat},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.TrashConversation(ctx, in.ID)) })
	add(a, route{id: "restore-conversation", method: http.MethodPost, path: "/api/conversations/{id}/restore", tag: tag, summary: "Take back out of the trash", needs: UseChat},
		func(ctx context.Context, in *IDPath) (*body[Conversation], error) {
			return reply(s.RestoreConversation(ctx, in.ID))
		})
	add(a, route{id: "save-draft", method: http.MethodPut, path: "/api/conversations/{id}/draft", tag: tag, summary: "Keep the unsent text", needs: UseChat, limit: textLimit},
		func(ctx context.Context, in *struct {
			IDPath
			Body DraftText
		}) (*Empty, error) {
			return done(s.SaveDraft(ctx, in.ID, in.Body))
		})
}
