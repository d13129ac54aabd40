package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Credentials sign a person in. Tenant is needed only when the same address
// belongs to several tenants; the answer to a wrong one is like any other.
type Credentials struct {
	Email    string `json:"email" format:"email" maxLength:"254"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
	Tenant   string `json:"tenant,omitempty" maxLength:"63" doc:"slug"`
	Device   Device `json:"device"`
}

// Device is where a session lives. Its ID stays the same across sign-ins, so
// that a refresh repeated by the same device is told from theft.
type Device struct {
	ID   string `json:"id" format:"uuid"`
	Name string `json:"name" maxLength:"100" doc:"shown in the list of sessions"`
	// Cookie asks for the console's HttpOnly cookie instead of tokens.
	Cookie bool `json:"cookie,omitempty"`
}

// Registration answers an invite, the first owner's set-up link or a password
// reset link.
type Registration struct {
	Token    string `json:"token" minLength:"16" maxLength:"200" doc:"from the link's fragment"`
	Name     string `json:"name,omitempty" maxLength:"120" doc:"an invite needs it"`
	Password string `json:"password" minLength:"10" maxLength:"1024"`
	Device   Device `json:"device"`
}

// Exchange trades a one-time link for a session.
type Exchange struct {
	Token  string `json:"token" minLength:"16" maxLength:"200" doc:"from the link's fragment"`
	Device Device `json:"device"`
}

// Refresh asks for the successor of a refresh token. A console leaves the
// token empty: it is in its cookie.
type Refresh struct {
	RefreshToken string `json:"refresh_token,omitempty" maxLength:"400"`
	DeviceID     string `json:"device_id" format:"uuid"`
}

// Session is what a signed-in client holds. Tokens are empty for a cookie.
type Session struct {
	AccessToken  string    `json:"access_token,omitempty"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	ExpiresAt    time.Time `json:"expires_at" doc:"of the access token"`
	Me           Me        `json:"me"`
}

// Me is the caller.
type Me struct {
	UserID      string       `json:"user_id"`
	Email       string       `json:"email"`
	Name        string       `json:"name"`
	Role        string       `json:"role"`
	Permissions []Permission `json:"permissions"`
	TenantID    string       `json:"tenant_id"`
	TenantName  string       `json:"tenant_name"`
	TenantSlug  string       `json:"tenant_slug"`
	SessionID   string       `json:"session_id,omitempty"`
}

// SessionInfo is one of the caller's own sessions.
type SessionInfo struct {
	ID        string    `json:"id"`
	Device    string    `json:"device"`
	Current   bool      `json:"current"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	IP        string    `json:"ip,omitempty"`
}

// Ticket opens one WebSocket; it is used once, within 30 seconds.
type Ticket struct {
	Ticket    string    `json:"ticket"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Accounts is implemented by the server. Wrong credentials, an unknown
// address, a disabled user and a wrong tenant are all fault.Unauthenticated
// and take the same time.
type Accounts interface {
	Register(ctx context.Context, r Registration) (Session, error)
	Login(ctx context.Context, c Credentials) (Session, error)
	Exchange(ctx context.Context, e Exchange) (Session, error)
	Refresh(ctx context.Context, r Refresh) (Session, error)
	Logout(ctx context.Context) error
	Me(ctx context.Context) (Me, error)
	Sessions
	Ticket(ctx context.Context) (Ticket, error)
}

// Sessions are where the caller is signed in at the server. The desktop asks
// its server for them: without one every method is fault "route.no_server",
// "route.offline" or "route.signed_out".
type Sessions interface {
	Sessions(ctx context.Context) ([]SessionInfo, error)
	RevokeSession(ctx context.Context, id string) error
	// RevokeSessions signs out everywhere; others spares the session that asks.
	RevokeSessions(ctx context.Context, others bool) error
}

// CookieJar turns a session into the console's cookie and back; it is how a
// host that has a console answers Device.Cookie.
type CookieJar interface {
	// Cookies returns what to set for s, and s without its tokens. For a
	// session that asked for no cookie it returns s and nothing.
	Cookies(s Session, wanted bool) (Session, []string)
	// Clear returns what to set when the caller leaves.
	Clear() []string
}

type sessionReply struct {
	SetCookie []string `header:"Set-Cookie"`
	Body      Session
}

type emptyReply struct {
	SetCookie []string `header:"Set-Cookie"`
}

// RegisterAccounts mounts sign-in and the caller's own sessions.
func RegisterAccounts(a *API, s Accounts, jar CookieJar) {
	const tag = "account"
	signedIn := func(session Session, cookie bool, err error) (*sessionReply, error) {
		if err != nil {
			return nil, err
		}
		shown, set := jar.Cookies(session, cookie)
		return &sessionReply{SetCookie: set, Body: shown}, nil
	}
	add(a, route{id: "register", method: http.MethodPost, path: "/api/auth/register", tag: tag, summary: "Answer an invite, set-up or reset link", needs: Open},
		func(ctx context.Context, in *body[Registration]) (*sessionReply, error) {
			session, err := s.Register(ctx, in.Body)
			return signedIn(session, in.Body.Device.Cookie, err)
		})
	add(a, route{id: "login", method: http.MethodPost, path: "/api/auth/login", tag: tag, summary: "Sign in", needs: Open},
		func(ctx context.Context, in *body[Credentials]) (*sessionReply, error) {
			session, err := s.Login(ctx, in.Body)
			return signedIn(session, in.Body.Device.Cookie, err)
		})
	add(a, route{id: "exchange-link", method: http.MethodPost, path: "/api/auth/exchange", tag: tag, summary: "Trade a one-time link for a session", needs: Open},
		func(ctx context.Context, in *body[Exchange]) (*sessionReply, error) {
			session, err := s.Exchange(ctx, in.Body)
			return signedIn(session, in.Body.Device.Cookie, err)
		})
	add(a, route{id: "refresh", method: http.MethodPost, path: "/api/auth/refresh", tag: tag, summary: "Get the next tokens", needs: Open},
		func(ctx context.Context, in *struct {
			Cookie string `cookie:"__Host-nexus-refresh"`
			Origin string `header:"Origin"`
			Body   Refresh
		}) (*sessionReply, error) {
			cookie := in.Body.RefreshToken == ""
			if cookie {
				in.Body.RefreshToken = in.Cookie
			}
			session, err := s.Refresh(ctx, in.Body)
			return signedIn(session, cookie, err)
		})
	add(a, route{id: "logout", method: http.MethodPost, path: "/api/auth/logout", tag: tag, summary: "End this session", needs: Signed},
		func(ctx context.Context, _ *Empty) (*emptyReply, error) {
			if err := s.Logout(ctx); err != nil {
				return nil, err
			}
			return &emptyReply{SetCookie: jar.Clear()}, nil
		})
	add(a, route{id: "get-me", method: http.MethodGet, path: "/api/auth/me", tag: tag, summary: "Who I am", needs: Signed},
		func(ctx context.Context, _ *Empty) (*body[Me], error) { return reply(s.Me(ctx)) })
	RegisterSessions(a, s)
	add(a, route{id: "create-ticket", method: http.MethodPost, path: "/api/auth/ticket", tag: tag, summary: "A ticket that opens one WebSocket", needs: Signed},
		func(ctx context.Context, _ *Empty) (*body[Ticket], error) { return reply(s.Ticket(ctx)) })
}

// RegisterSessions mounts the caller's own sessions.
func RegisterSessions(a *API, s Sessions) {
	const tag = "account"
	add(a, route{id: "list-sessions", method: http.MethodGet, path: "/api/auth/sessions", tag: tag, summary: "My sessions and devices", needs: Signed},
		func(ctx context.Context, _ *Empty) (*body[[]SessionInfo], error) { return reply(s.Sessions(ctx)) })
	add(a, route{id: "revoke-session", method: http.MethodDelete, path: "/api/auth/sessions/{id}", tag: tag, summary: "End one of my sessions", needs: Signed},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.RevokeSession(ctx, in.ID)) })
	add(a, route{id: "revoke-sessions", method: http.MethodDelete, path: "/api/auth/sessions", tag: tag, summary: "Sign out everywhere", needs: Signed},
		func(ctx context.Context, in *struct {
			Others bool `query:"others" doc:"keep the session that asks"`
		}) (*Empty, error) {
			return done(s.RevokeSessions(ctx, in.Others))
		})
}
