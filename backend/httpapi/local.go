package httpapi

import (
	"context"
	"net/http"
	"time"
)

// Status is what the desktop's status bar tells.
type Status struct {
	Server  ServerStatus `json:"server"`
	Engine  EngineStatus `json:"engine"`
	Waiting int          `json:"waiting" doc:"messages in the queue for a model"`
	Unsaved int          `json:"unsynced" doc:"changes kept here and not yet on the server"`
	Version string       `json:"version"`
	Window  bool         `json:"window" doc:"true in the native window, false in browser mode"`
	Notices []Notice     `json:"notices" doc:"what the user should know once: a damaged database that was set aside, a full disk"`
}

// Notice is shown until it is dismissed.
type Notice struct {
	ID     string   `json:"id"`
	Code   string   `json:"code" example:"localdb.salvaged"`
	Detail string   `json:"detail"`
	Items  []string `json:"items,omitempty" doc:"what could not be read"`
}

// ServerStatus is the connection to the team's server.
type ServerStatus struct {
	State    string     `json:"state" enum:"none,connecting,connected,offline,signed_out" doc:"none: no server is set up"`
	URL      string     `json:"url,omitempty"`
	Tenant   string     `json:"tenant,omitempty"`
	User     string     `json:"user,omitempty"`
	Email    string     `json:"email,omitempty"`
	SyncedAt *time.Time `json:"synced_at,omitempty" doc:"when this device last agreed with the server"`
	Detail   string     `json:"detail,omitempty" doc:"why it is not connected"`
}

// EngineStatus is the inference engine on this device.
type EngineStatus struct {
	State  string `json:"state" enum:"absent,building,fetching,starting,ready,stopped,failed"`
	Model  string `json:"model,omitempty"`
	Done   int64  `json:"done,omitempty" doc:"steps while building, bytes while fetching"`
	Total  int64  `json:"total,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Connection connects the desktop to a server.
type Connection struct {
	URL      string `json:"url" maxLength:"500"`
	Email    string `json:"email" format:"email" maxLength:"254"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
}

// Settings are the user's own, kept on the device.
type Settings struct {
	Theme        string `json:"theme" enum:"system,light,dark,contrast"`
	Locale       string `json:"locale" enum:"system,en,pt-PT,pt-BR"`
	DefaultModel string `json:"default_model,omitempty" maxLength:"200"`
	RemoteImages bool   `json:"remote_images" doc:"load pictures of answers without asking"`
	SendWith     string `json:"send_with" enum:"enter,mod-enter"`
}

// View is what this device remembers of the person's views, by name: pane
// widths, chosen columns. It lives in the data folder, not in the browser.
type View struct {
	Values map[string]string `json:"values"`
}

// ViewValue is one of them; an empty text forgets it.
type ViewValue struct {
	Name string `json:"name" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$" maxLength:"100"`
	Text string `json:"text" maxLength:"4000"`
}

// QueueItem is a message that waits for its model.
type QueueItem struct {
	MessageID      string    `json:"message_id"`
	ConversationID string    `json:"conversation_id"`
	Title          string    `json:"title"`
	Text           string    `json:"text" doc:"its first 200 characters"`
	Model          string    `json:"model"`
	State          string    `json:"state" enum:"waiting,sending,failed"`
	WaitsFor       string    `json:"waits_for,omitempty" doc:"code"`
	Since          time.Time `json:"since"`
	Attempts       int       `json:"attempts"`
}

// LinkExchange trades browser mode's one-time token for a bearer.
type LinkExchange struct {
	Token string `json:"token" minLength:"16" maxLength:"200"`
}

// LocalSession is browser mode's bearer, kept in session storage.
type LocalSession struct {
	AccessToken string `json:"access_token"`
}

// Diagnostics is what a user can put into a ticket; secrets and texts are not
// in it.
type Diagnostics struct {
	Version string            `json:"version"`
	Facts   map[string]string `json:"facts"`
	Checks  []Check           `json:"checks"`
}

// Check is one finding of the doctor.
type Check struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Finding string `json:"finding"`
	Next    string `json:"next,omitempty"`
}

// Local is implemented by the desktop only: what concerns this device.
type Local interface {
	Status(ctx context.Context) (Status, error)
	ExchangeLink(ctx context.Context, e LinkExchange) (LocalSession, error)
	Connect(ctx context.Context, c Connection) (Status, error)
	// Disconnect signs out. What is not yet on the server stays on the device.
	Disconnect(ctx context.Context) (Status, error)
	Settings(ctx context.Context) (Settings, error)
	SaveSettings(ctx context.Context, s Settings) (Settings, error)
	View(ctx context.Context) (View, error)
	// SaveView keeps one value; over a bound on their number it is
	// fault.TooLarge.
	SaveView(ctx context.Context, v ViewValue) error
	Queue(ctx context.Context) ([]QueueItem, error)
	// RetryQueued sends now; DropQueued takes the message back into its draft.
	RetryQueued(ctx context.Context, messageID string) error
	DropQueued(ctx context.Context, messageID string) error
	DismissNotice(ctx context.Context, id string) error
	Diagnostics(ctx context.Context) (Diagnostics, error)
	// OpenExternal shows an https link in the user's own browser.
	OpenExternal(ctx context.Context, l ExternalLink) error
}

// ExternalLink is an address outside the application.
type ExternalLink struct {
	URL string `json:"url" maxLength:"2000"`
}

// RegisterLocal mounts the group.
func RegisterLocal(a *API, s Local) {
	const tag = "local"
	add(a, route{id: "get-status", method: http.MethodGet, path: "/api/local/status", tag: tag, summary: "Connection, engine and queue", needs: Signed},
		func(ctx context.Context, _ *Empty) (*body[Status], error) { return reply(s.Status(ctx)) })
	add(a, route{id: "exchange-local-link", method: http.MethodPost, path: "/api/local/exchange", tag: tag, summary: "Trade browser mode's one-time link for a bearer", needs: Open},
		func(ctx context.Context, in *body[LinkExchange]) (*body[LocalSession], error) {
			return reply(s.ExchangeLink(ctx, in.Body))
		})
	add(a, route{id: "connect-server", method: http.MethodPost, path: "/api/local/connection", tag: tag, summary: "Connect to a server and sign in", needs: Signed},
		func(ctx context.Context, in *body[Connection]) (*body[Status], error) {
			return reply(s.Connect(ctx, in.Body))
		})
	add(a, route{id: "disconnect-server", method: http.MethodDelete, path: "/api/local/connection", tag: tag, summary: "Sign out of the server", needs: Signed, status: 200},
		func(ctx context.Context, _ *Empty) (*body[Status], error) { return reply(s.Disconnect(ctx)) })
	add(a, route{id: "get-settings", method: http.MethodGet, path: "/api/local/settings", tag: tag, summary: "Settings of this device", needs: Signed},
		func(ctx context.Context, _ *Empty) (*body[Settings], error) { return reply(s.Settings(ctx)) })
	add(a, route{id: "save-settings", method: http.MethodPut, path: "/api/local/settings", tag: tag, summary: "Change the settings", needs: Signed},
		func(ctx context.Context, in *body[Settings]) (*body[Settings], error) {
			return reply(s.SaveSettings(ctx, in.Body))
		})
	add(a, route{id: "get-view", method: http.MethodGet, path: "/api/local/view", tag: tag, summary: "What is remembered of views", needs: Signed},
		func(ctx context.Context, _ *Empty) (*body[View], error) { return reply(s.View(ctx)) })
	add(a, route{id: "save-view", method: http.MethodPut, path: "/api/local/view", tag: tag, summary: "Remember something of a view", needs: Signed},
		func(ctx context.Context, in *body[ViewValue]) (*Empty, error) { return done(s.SaveView(ctx, in.Body)) })
	add(a, route{id: "list-queue", method: http.MethodGet, path: "/api/local/queue", tag: tag, summary: "Messages that wait for their model", needs: Signed},
		func(ctx context.Context, _ *Empty) (*body[[]QueueItem], error) { return reply(s.Queue(ctx)) })
	add(a, route{id: "retry-queued", method: http.MethodPost, path: "/api/local/queue/{id}/retry", tag: tag, summary: "Send a waiting message now", needs: Signed},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.RetryQueued(ctx, in.ID)) })
	add(a, route{id: "drop-queued", method: http.MethodDelete, path: "/api/local/queue/{id}", tag: tag, summary: "Take a waiting message back into the draft", needs: Signed},
		func(ctx context.Context, in *IDPath) (*Empty, error) { return done(s.DropQueued(ctx, in.ID)) })
	add(a, route{id: "dismiss-notice", method: http.MethodDelete, path: "/api/local/notices/{id}", tag: tag, summary: "Dismiss a notice", needs: Signed},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"100"`
		}) (*Empty, error) {
			return done(s.DismissNotice(ctx, in.ID))
		})
	add(a, route{id: "get-diagnostics", method: http.MethodGet, path: "/api/local/diagnostics", tag: tag, summary: "Self checks, safe to share", needs: Signed},
		func(ctx context.Context, _ *Empty) (*body[Diagnostics], error) { return reply(s.Diagnostics(ctx)) })
	add(a, route{id: "open-external", method: http.MethodPost, path: "/api/local/open", tag: tag, summary: "Open a link in the user's browser", needs: Signed},
		func(ctx context.Context, in *body[ExternalLink]) (*Empty, error) {
			return done(s.OpenExternal(ctx, in.Body))
		})
}
