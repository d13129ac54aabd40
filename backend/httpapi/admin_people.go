package httpapi

import (
	"context"
	"net/http"
	"time"
)

// User is a member of the tenant.
type User struct {
	ID         string     `json:"id"`
	Email      string     `json:"email"`
	Name       string     `json:"name"`
	Role       string     `json:"role" enum:"owner,admin,developer,member,auditor"`
	State      string     `json:"state" enum:"active,invited,disabled"`
	CreatedAt  time.Time  `json:"created_at"`
	SeenAt     *time.Time `json:"seen_at,omitempty"`
	DisabledAt *time.Time `json:"disabled_at,omitempty"`
}

// Invite asks somebody to join.
type Invite struct {
	Email string `json:"email" format:"email" maxLength:"254"`
	Name  string `json:"name,omitempty" maxLength:"120"`
	Role  string `json:"role" enum:"owner,admin,developer,member,auditor"`
}

// Link is what the administrator copies where no mail is set up. It is shown
// once: only its hash is kept.
type Link struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
	User      User      `json:"user"`
}

// UserPatch changes what is present.
type UserPatch struct {
	Role     *string `json:"role,omitempty" enum:"owner,admin,developer,member,auditor"`
	Name     *string `json:"name,omitempty" maxLength:"120"`
	Disabled *bool   `json:"disabled,omitempty" doc:"true ends every session and socket of the user within a second"`
}

// Key is an API key without its secret.
type Key struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Prefix    string     `json:"prefix" doc:"the first characters, to recognise it by"`
	Scopes    []string   `json:"scopes"`
	Models    []string   `json:"models" doc:"the only models it may use; \"x*\" means all that begin with x; empty: any"`
	Cache     bool       `json:"cache,omitempty" doc:"a request that was answered before gets the same answer again"`
	Private   bool       `json:"private,omitempty" doc:"what is asked and answered with it is never kept, whatever the tenant's policy says"`
	CreatedBy string     `json:"created_by" doc:"the user's name"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	UsedAt    *time.Time `json:"used_at,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// NewKey asks for a key.
type NewKey struct {
	Name      string     `json:"name" minLength:"1" maxLength:"120"`
	Scopes    []string   `json:"scopes,omitempty" maxItems:"10" enum:"models.use,logs.read" doc:"empty: models.use"`
	Models    []string   `json:"models,omitempty" maxItems:"100" doc:"the only models it may use; \"x*\" means all that begin with x; empty: any"`
	Cache     bool       `json:"cache,omitempty" doc:"a request that was answered before gets the same answer again"`
	Private   bool       `json:"private,omitempty" doc:"what is asked and answered with it is never kept, whatever the tenant's policy says"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// KeyPatch changes what is present.
type KeyPatch struct {
	Name   *string  `json:"name,omitempty" minLength:"1" maxLength:"120"`
	Models []string `json:"models,omitempty" maxItems:"100" doc:"replaced as a whole; empty: any. Calls under way end as they began"`
	Cache  *bool    `json:"cache,omitempty"`
}

// CreatedKey shows the secret, once.
type CreatedKey struct {
	Key    Key    `json:"key"`
	Secret string `json:"secret"`
}

// AuditEntry is one act, chained to the one before it.
type AuditEntry struct {
	Seq    int64             `json:"seq"`
	At     time.Time         `json:"at"`
	Actor  string            `json:"actor" doc:"a user's name, a key's name or \"operator\""`
	Action string            `json:"action" example:"user.invited"`
	Target string            `json:"target" doc:"what it was done to, in words"`
	Facts  map[string]string `json:"facts,omitempty" doc:"what changed; never a secret"`
	Hash   string            `json:"hash"`
}

// AuditPage is a page of entries, newest first.
type AuditPage struct {
	Items      []AuditEntry `json:"items"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

// AuditQuery selects entries.
type AuditQuery struct {
	Action string `query:"action" maxLength:"100"`
	Actor  string `query:"actor" maxLength:"200"`
	Cursor string `query:"cursor" maxLength:"200"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// AuditCheck is the verdict on the tenant's chain.
type AuditCheck struct {
	OK      bool   `json:"ok"`
	Entries int64  `json:"entries"`
	BadSeq  int64  `json:"bad_seq,omitempty" doc:"the first entry that does not fit"`
	Head    string `json:"head" doc:"hash of the newest entry"`
}

// People is implemented by the server. The last owner can be neither
// disabled nor demoted (fault.Conflict). Every act leaves an audit entry in
// the same transaction.
type People interface {
	ListUsers(ctx context.Context) ([]User, error)
	InviteUser(ctx context.Context, i Invite) (Link, error)
	PatchUser(ctx context.Context, id string, p UserPatch) (User, error)
	ResetLink(ctx context.Context, userID string) (Link, error)
	// SignOutUser ends every session and device of a member.
	SignOutUser(ctx context.Context, userID string) error
	ListKeys(ctx context.Context) ([]Key, error)
	CreateKey(ctx context.Context, n NewKey) (CreatedKey, error)
	// PatchKey changes a key that is not revoked, for its next calls.
	PatchKey(ctx context.Context, id string, p KeyPatch) (Key, error)
	RevokeKey(ctx context.Context, id string) error
	ListAudit(ctx context.Context, q AuditQuery) (AuditPage, error)
	VerifyAudit(ctx context.Context) (AuditCheck, error)
}

// RegisterPeople mounts users, keys and audit.
func RegisterPeople(a *API, s People) {
	const tag = "admin"
	add(a, route{id: "list-users", method: http.MethodGet, path: "/api/admin/users", tag: tag, summary: "Members of the tenant", needs: ReadUsers},
		func(ctx context.Context, _ *Empty) (*body[[]User], error) { return reply(s.ListUsers(ctx)) })
	add(a, route{id: "invite-user", method: http.MethodPost, path: "/api/admin/users", tag: tag, summary: "Invite somebody; the link is shown once", needs: WriteUsers, status: 201},
		func(ctx context.Context, in *body[Invite]) (*body[Link], error) {
			return reply(s.InviteUser(ctx, in.Body))
		})
	add(a, route{id: "patch-user", method: http.MethodPatch, path: "/api/admin/users/{id}", tag: tag, summary: "Change role or name, disable or enable", needs: WriteUsers},
		func(ctx context.Context, in *struct {
			IDPath
			Body UserPatch
		}) (*body[User], error) {
			return reply(s.PatchUser(ctx, in.ID, in.Body))
		})
	add(a, route{id: "reset-user", method: http.MethodPost, path: "/api/admin/users/{id}/reset", tag: tag, summary: "A link to set a new password, or a fresh invite link", needs: WriteUsers, status: 201},
		func(ctx context.Context, in *IDPath) (*body[Link], error) { return reply(s.ResetLink(ctx, in.ID)) })
	add(a, route{id: "sign-out-user", method: http.MethodDelete, path: "/api/admin/users/{id}/sessions", tag: tag, summary: "Sign a member out everywhere", needs: WriteUsers},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.SignOutUser(ctx, in.ID)) })
	add(a, route{id: "list-keys", method: http.MethodGet, path: "/api/admin/keys", tag: tag, summary: "API keys", needs: ReadKeys},
		func(ctx context.Context, _ *Empty) (*body[[]Key], error) { return reply(s.ListKeys(ctx)) })
	add(a, route{id: "create-key", method: http.MethodPost, path: "/api/admin/keys", tag: tag, summary: "Create a key; the secret is shown once", needs: WriteKeys, status: 201},
		func(ctx context.Context, in *body[NewKey]) (*body[CreatedKey], error) {
			return reply(s.CreateKey(ctx, in.Body))
		})
	add(a, route{id: "patch-key", method: http.MethodPatch, path: "/api/admin/keys/{id}", tag: tag, summary: "Change a key's name, models or cache", needs: WriteKeys},
		func(ctx context.Context, in *struct {
			IDPath
			Body KeyPatch
		}) (*body[Key], error) {
			return reply(s.PatchKey(ctx, in.ID, in.Body))
		})
	add(a, route{id: "revoke-key", method: http.MethodDelete, path: "/api/admin/keys/{id}", tag: tag, summary: "Revoke a key", needs: WriteKeys},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.RevokeKey(ctx, in.ID)) })
	add(a, route{id: "list-audit", method: http.MethodGet, path: "/api/admin/audit", tag: tag, summary: "Audit entries, newest first", needs: ReadAudit},
		func(ctx context.Context, in *AuditQuery) (*body[AuditPage], error) {
			return reply(s.ListAudit(ctx, *in))
		})
	add(a, route{id: "verify-audit", method: http.MethodGet, path: "/api/admin/audit/verify", tag: tag, summary: "Check the chain", needs: ReadAudit},
		func(ctx context.Context, _ *Empty) (*body[AuditCheck], error) { return reply(s.VerifyAudit(ctx)) })
}
