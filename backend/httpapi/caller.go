package httpapi

import (
	"context"
	"net/http"
	"slices"

	"nexusai/backend/fault"
)

// Permission names one thing that a role may do, as "noun.verb".
type Permission string

// The permissions of this contract. Roles are sets of them (server/policy).
const (
	UseChat        Permission = "chat.use"
	UseModels      Permission = "models.use"
	ReadDashboard  Permission = "dashboard.read"
	ReadLogs       Permission = "logs.read"
	ReadUsers      Permission = "users.read"
	WriteUsers     Permission = "users.write"
	ReadKeys       Permission = "keys.read"
	WriteKeys      Permission = "keys.write"
	ReadProviders  Permission = "providers.read"
	WriteProviders Permission = "providers.write"
	ReadAudit      Permission = "audit.read"
	ReadLimits     Permission = "limits.read" // and budgets
	WriteLimits    Permission = "limits.write"
	ReadCosts      Permission = "costs.read"
	WriteContents  Permission = "contents.write" // whether prompts and answers are kept, and for whom
	// Signed needs a signed-in caller and nothing more.
	Signed Permission = "signed"
	// Open is for the few operations that come before sign-in.
	Open Permission = ""
)

// Caller is who asks, as the host's Auth found out.
type Caller struct {
	TenantID    string
	UserID      string
	SessionID   string // empty for an API key
	DeviceID    string
	KeyID       string // empty for a session
	Role        string
	Permissions []Permission
	Models      []string // the only models a key may use, "x*" for all that begin with x; empty: any
	Cache       bool     // a key that takes old answers of the exact-response cache
	Private     bool     // a key whose prompts and answers are never kept
	IP          string
	UserAgent   string
}

// Can says whether the caller holds p.
func (c Caller) Can(p Permission) bool {
	return p == Signed || slices.Contains(c.Permissions, p)
}

// Auth finds out who asks. Authenticate returns fault.Unauthenticated or
// fault.TokenExpired when it cannot say; it must not reveal which part was
// wrong. On unsafe methods it also checks what the host's sessions need (the
// Origin of a cookie).
type Auth interface {
	Authenticate(r *http.Request) (Caller, error)
}

type callerKey struct{}

// WithCaller is for hosts that mount routes of their own beside the contract.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns who asks; ok is false on operations that come before
// sign-in.
func CallerFrom(ctx context.Context) (c Caller, ok bool) {
	c, ok = ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// MustCaller is CallerFrom for operations that a Permission guards; without a
// caller it returns fault.Unauthenticated.
func MustCaller(ctx context.Context) (Caller, error) {
	c, ok := CallerFrom(ctx)
	if !ok {
		return Caller{}, fault.New(fault.Unauthenticated, "Sign in first.", nil)
	}
	return c, nil
}
