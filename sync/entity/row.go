package entity

import "time"

// Conversation is the row of that entity as programs read it.
type Conversation struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Model     string     `json:"model"`
	Pinned    bool       `json:"pinned"`
	TrashedAt *time.Time `json:"trashed_at"`
	CreatedAt time.Time  `json:"created_at"`
	LastAt    time.Time  `json:"last_at"`
	Ver       int64      `json:"-"` // 0 until the server has it
}

// Message is one immutable node of a conversation's tree.
type Message struct {
	ID             string    `json:"id"`
	ConversationID string    `json:"conversation_id"`
	ParentID       *string   `json:"parent_id"`
	Role           string    `json:"role"` // user, assistant or system
	Text           string    `json:"text"`
	Model          string    `json:"model"`
	Finish         string    `json:"finish"` // stop, length, stopped, error or empty
	ErrorCode      string    `json:"error_code"`
	InputTokens    int64     `json:"input_tokens"`
	OutputTokens   int64     `json:"output_tokens"`
	CostNanoUSD    int64     `json:"cost_nano_usd"`
	RunID          *string   `json:"run_id"`
	CreatedAt      time.Time `json:"created_at"`
	Ver            int64     `json:"-"`
}

// Draft is the unsent text of a conversation; ID is the conversation's.
type Draft struct {
	ID        string    `json:"id"`
	Text      string    `json:"text"`
	UpdatedAt time.Time `json:"updated_at"`
	Ver       int64     `json:"-"`
}
