package localapi

import (
	"context"
	"net/url"
	"slices"

	"nexusai/backend/doctor"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// Status implements httpapi.Local.
func (a *API) Status(ctx context.Context) (httpapi.Status, error) {
	t := a.cfg.Team.State()
	changes, last := a.cfg.Sync.Unsynced()
	s := httpapi.Status{
		Server: httpapi.ServerStatus{
			State: t.Phase, URL: t.URL, Tenant: t.Me.TenantName, User: t.Me.Name, Email: t.Me.Email,
			SyncedAt: optional(last), Detail: t.Detail,
		},
		Engine: a.cfg.Engine.Status(), Unsaved: changes, Version: a.cfg.Version, Window: a.cfg.Window,
	}
	queue, err := a.cfg.Dispatcher.Queue(ctx)
	if err != nil {
		return s, err
	}
	s.Waiting = len(queue)
	s.Notices, err = a.cfg.DB.Notices(ctx)
	return s, err
}

// ExchangeLink implements httpapi.Local.
func (a *API) ExchangeLink(_ context.Context, e httpapi.LinkExchange) (httpapi.LocalSession, error) {
	bearer, err := a.gate.exchange(e.Token, a.cfg.Now())
	return httpapi.LocalSession{AccessToken: bearer}, err
}

// Connect implements httpapi.Local.
func (a *API) Connect(ctx context.Context, c httpapi.Connection) (httpapi.Status, error) {
	err := a.cfg.Team.Connect(ctx, c, func(me httpapi.Me) error { return a.cfg.Sync.Bind(ctx, me.UserID) })
	if err != nil {
		return httpapi.Status{}, err
	}
	a.cfg.Sync.Kick()
	a.cfg.Dispatcher.Kick()
	return a.changed(ctx)
}

// Disconnect implements httpapi.Local.
func (a *API) Disconnect(ctx context.Context) (httpapi.Status, error) {
	if err := a.cfg.Team.Disconnect(ctx); err != nil {
		return httpapi.Status{}, err
	}
	return a.changed(ctx)
}

func (a *API) changed(ctx context.Context) (httpapi.Status, error) {
	for _, topic := range []string{"status", "models", "queue"} {
		a.cfg.Feed.Hint(topic, "")
	}
	return a.Status(ctx)
}

var defaults = httpapi.Settings{Theme: "system", Locale: "system", SendWith: "enter"}

// Settings implements httpapi.Local.
func (a *API) Settings(ctx context.Context) (httpapi.Settings, error) {
	s := defaults
	err := a.cfg.DB.Setting(ctx, "settings", &s)
	return s, err
}

// SaveSettings implements httpapi.Local.
func (a *API) SaveSettings(ctx context.Context, s httpapi.Settings) (httpapi.Settings, error) {
	if err := a.cfg.DB.SaveSetting(ctx, "settings", s); err != nil {
		return s, err
	}
	a.cfg.Feed.Hint("status", "")
	return s, nil
}

// Queue implements httpapi.Local.
func (a *API) Queue(ctx context.Context) ([]httpapi.QueueItem, error) {
	return a.cfg.Dispatcher.Queue(ctx)
}

// RetryQueued implements httpapi.Local.
func (a *API) RetryQueued(ctx context.Context, messageID string) error {
	a.cfg.Team.Kick()
	return a.cfg.Dispatcher.Retry(ctx, messageID)
}

// DropQueued implements httpapi.Local.
func (a *API) DropQueued(ctx context.Context, messageID string) error {
	return a.cfg.Dispatcher.Drop(ctx, messageID)
}

// DismissNotice implements httpapi.Local.
func (a *API) DismissNotice(ctx context.Context, id string) error {
	if err := a.cfg.DB.DismissNotice(ctx, id); err != nil {
		return err
	}
	a.cfg.Feed.Hint("status", "")
	return nil
}

// Diagnostics implements httpapi.Local.
func (a *API) Diagnostics(ctx context.Context) (httpapi.Diagnostics, error) {
	d := httpapi.Diagnostics{Version: a.cfg.Version, Facts: a.cfg.Facts(ctx), Checks: []httpapi.Check{}}
	for _, f := range doctor.Run(ctx, a.cfg.Checks()) {
		d.Checks = append(d.Checks, httpapi.Check{Name: f.Name, OK: f.OK, Finding: doctor.Scrub(f.Finding), Next: doctor.Scrub(f.Next)})
	}
	return d, nil
}

// outside lists what may leave the app: an address can be handed to any
// program, and some schemes start one with arguments.
var outside = []string{"https", "http", "mailto"}

// OpenExternal implements httpapi.Local.
func (a *API) OpenExternal(_ context.Context, l httpapi.ExternalLink) error {
	u, err := url.Parse(l.URL)
	if err != nil || !slices.Contains(outside, u.Scheme) || u.Scheme != "mailto" && u.Host == "" {
		return fault.New("link.refused", "Only web and mail addresses are opened outside.", err).At("body.url")
	}
	if err := a.cfg.Open(u.String()); err != nil {
		return fault.New("link.unopened", "No browser could be started.", err).WithHint("Copy the address instead.")
	}
	return nil
}
