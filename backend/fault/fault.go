// Package fault is the one error that may leave the process.
//
// A cause that is not a Fault never reaches a client: From turns it into
// Internal, whose id the user can quote and the log explains.
package fault

import (
	"errors"
	"log/slog"
	"time"
)

// Code is stable and dotted ("quota.spent"); clients branch on it, so it is
// never renamed once released.
type Code string

// The codes that more than one package answers with. A package with a code of
// its own declares it beside the error it names.
const (
	Internal        Code = "internal"
	BadRequest      Code = "request.invalid"
	TooLarge        Code = "request.too_large"
	Unauthenticated Code = "auth.required"
	TokenExpired    Code = "auth.token_expired"
	Forbidden       Code = "auth.forbidden"
	NotFound        Code = "not_found"
	Conflict        Code = "conflict"
	Gone            Code = "gone"
	RateLimited     Code = "rate.limited"
	QuotaSpent      Code = "quota.spent"    // a budget is used up
	QuotaUnpriced   Code = "quota.unpriced" // nobody knows what the call costs, and the policy denies that
	Lossy           Code = "request.lossy"  // strict, and every provider would lose a part of the request
	Unavailable     Code = "unavailable"
	Timeout         Code = "timeout"
	Canceled        Code = "canceled"
	ModelUnknown    Code = "model.unknown"
	ModelUnready    Code = "model.unready"
	UpstreamFailed  Code = "upstream.failed"
	UpstreamRefused Code = "upstream.refused"
	ContextTooLong  Code = "model.context_too_long"
	DiskFull        Code = "disk.full"
)

// Fault is what a user, a client and a log learn about a failure, each its own
// part. Fields are set once, at the place that understands the failure.
type Fault struct {
	Code       Code          // stable; decides the HTTP status
	Safe       string        // English fallback text; no user data, path, SQL or host
	Key        string        // translation key of the message; empty means "fault." + Code
	Hint       string        // English next step; may be empty
	HintKey    string        // translation key of the next step; may be empty
	Field      string        // the input at fault, as a dotted path; may be empty
	ID         string        // what the user can quote; set by the edge that logs
	RetryAfter time.Duration // 0 when waiting does not help
	Bound      *Bound        // the budget or limit that refused; nil: none did
	Err        error         // cause: logged, never serialised
}

// New makes a Fault from what is safe to say and the cause, which may be nil.
func New(code Code, safe string, cause error) *Fault {
	return &Fault{Code: code, Safe: safe, Err: cause}
}

// WithHint returns f with the next step set; f itself is changed.
func (f *Fault) WithHint(hint string) *Fault {
	f.Hint = hint
	return f
}

// At names the input field at fault; f itself is changed.
func (f *Fault) At(field string) *Fault {
	f.Field = field
	return f
}

// Error is the code alone, so that %v cannot leak the cause.
func (f *Fault) Error() string { return string(f.Code) }

// Unwrap reaches the cause for errors.Is and errors.As.
func (f *Fault) Unwrap() error { return f.Err }

// Is makes every Fault of one code equal for errors.Is.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code
}

// LogValue shows code, field and id; the cause has its own key (Cause).
func (f *Fault) LogValue() slog.Value {
	return slog.GroupValue(slog.String("code", string(f.Code)), slog.String("field", f.Field), slog.String("id", f.ID))
}

// From finds the Fault in err's chain, or wraps err as Internal. It returns
// nil for nil.
func From(err error) *Fault {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return New(Internal, "Something went wrong on our side.", err)
}

// CodeOf is From(err).Code, and empty for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return From(err).Code
}

// Cause is the text for the log: the innermost explanation, which may hold
// paths and SQL and so must never be sent to a client.
func Cause(err error) string {
	f, ok := errors.AsType[*Fault](err)
	if !ok {
		return err.Error()
	}
	if f.Err == nil {
		return string(f.Code) + ": " + f.Safe
	}
	return string(f.Code) + ": " + Cause(f.Err)
}
