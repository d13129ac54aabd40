package httpapi

import (
	"context"
	"net/http"
	"time"
)

// CallContents is what was asked and answered in a call. It is also the form in
// which the server seals and keeps it: members can be added, never renamed.
type CallContents struct {
	Prompt    []ContentMessage `json:"prompt" doc:"the conversation that was sent, oldest first"`
	PromptCut bool             `json:"prompt_cut,omitempty" doc:"its beginning, or a part of a message, was left out for its length"`
	Answers   []ContentMessage `json:"answers" doc:"one, or as many as were asked for; empty: none came"`
	AnswerCut bool             `json:"answer_cut,omitempty" doc:"its end was left out for its length"`
}

// ContentMessage is one turn. All of it is what somebody wrote, a person or a
// model: data to show, never markup to trust.
type ContentMessage struct {
	Role      string        `json:"role" example:"user"`
	Text      string        `json:"text"`
	Reasoning string        `json:"reasoning,omitempty"`
	Calls     []ContentCall `json:"calls,omitempty" doc:"of tools"`
	Pictures  int           `json:"pictures,omitempty" doc:"how many were with it; they are not kept"`
	Cut       bool          `json:"cut,omitempty"`
}

// ContentCall is a model's wish to run a tool.
type ContentCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// ContentPolicy is what a tenant keeps of its calls, and how much there is.
type ContentPolicy struct {
	ContentChoice
	Since  *time.Time `json:"since,omitempty" doc:"contents are kept; absent: they are not"`
	Roles  []string   `json:"roles" doc:"those that can be readers"`
	Calls  int64      `json:"calls" doc:"whose contents are stored now"`
	Bytes  int64      `json:"bytes" doc:"that they take"`
	Oldest *time.Time `json:"oldest,omitempty"`
	Kept   int64      `json:"kept_responses" doc:"stored now, that their callers may go on from"`
}

// ContentChoice is what a tenant decides.
type ContentChoice struct {
	Keep      bool     `json:"keep" doc:"store what is asked and answered in calls from now on"`
	Responses bool     `json:"responses" doc:"keep what is asked and answered at /v1/responses for the key or person that asked, to go on from by previous_response_id; off: each answer says store: false"`
	Days      int      `json:"days" minimum:"1" maximum:"365" doc:"how long, for responses since they were last gone on from; a shorter time also holds for what is stored"`
	Readers   []string `json:"readers" minItems:"1" maxItems:"10" enum:"owner,admin,developer,auditor" doc:"roles that may read what keep keeps; each reading is audited. Responses are read by those who made them alone"`
}

// ContentErasure selects what to delete.
type ContentErasure struct {
	Holder string `query:"holder" format:"uuid" doc:"id of the user or key whose calls it is about; empty: all"`
}

// ContentErased says what was deleted.
type ContentErased struct {
	Calls     int64 `json:"calls"`
	Responses int64 `json:"responses"`
}

// Contents is implemented by the server.
type Contents interface {
	// ReadContents writes into the audit trail who read which call. What is not
	// there, or no longer, is fault.NotFound; somebody who may not,
	// fault.Forbidden.
	ReadContents(ctx context.Context, id string) (CallContents, error)
	ContentPolicy(ctx context.Context) (ContentPolicy, error)
	SetContentPolicy(ctx context.Context, c ContentChoice) (ContentPolicy, error)
	DeleteContents(ctx context.Context, e ContentErasure) (ContentErased, error)
}

// RegisterContents mounts the group. Reading is a POST: it leaves a trace, and no
// browser repeats it unasked.
func RegisterContents(a *API, s Contents) {
	const tag, root = "admin", "/api/admin/contents"
	add(a, route{id: "read-contents", method: http.MethodPost, path: "/api/admin/logs/{id}/contents", tag: tag, summary: "Read what was asked and answered; it is audited", needs: ReadLogs},
		func(ctx context.Context, in *IDPath) (*body[CallContents], error) {
			return reply(s.ReadContents(ctx, in.ID))
		})
	add(a, route{id: "get-content-policy", method: http.MethodGet, path: root, tag: tag, summary: "Whether prompts and answers are kept, and how much is", needs: ReadLogs},
		func(ctx context.Context, _ *Empty) (*body[ContentPolicy], error) { return reply(s.ContentPolicy(ctx)) })
	add(a, route{id: "set-content-policy", method: http.MethodPut, path: root, tag: tag, summary: "Decide whether prompts and answers are kept", needs: WriteContents},
		func(ctx context.Context, in *body[ContentChoice]) (*body[ContentPolicy], error) {
			return reply(s.SetContentPolicy(ctx, in.Body))
		})
	add(a, route{id: "delete-contents", method: http.MethodDelete, path: root, tag: tag, summary: "Delete what is stored of prompts and answers, now", needs: WriteContents},
		func(ctx context.Context, in *ContentErasure) (*body[ContentErased], error) {
			return reply(s.DeleteContents(ctx, *in))
		})
}
