package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"nexusai/app/keychain"
	"nexusai/app/native"
	"nexusai/app/replication"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/sync/entity"
)

// signIn loads the session and, on a first start with a login file, makes one.
// It is off the path to the window: the system's keychain may be slow.
func (a *application) signIn(ctx context.Context) error {
	if err := a.team.Load(ctx); err != nil && ctx.Err() == nil {
		a.log.ErrorContext(ctx, "session not loaded", "err", fault.Cause(err))
	}
	a.team.Kick()
	if a.login == "" || a.server == "" {
		return nil
	}
	if phase := a.team.State().Phase; phase != "none" && phase != "signed_out" {
		return nil
	}
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		err := a.signInOnce(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the application is ending; that is no news
		}
		a.log.WarnContext(ctx, "sign-in with the login file did not work", "err", fault.Cause(err))
		if code := fault.CodeOf(err); code != "route.offline" && code != fault.RateLimited && code != fault.Unavailable {
			note := a.db.AddNotice(ctx, "login.refused", "Signing in to the server did not work. "+fault.From(err).Safe, nil)
			a.feed.Hint("status", "")
			return note
		}
		if !rest(ctx, pause) {
			return nil
		}
	}
}

func (a *application) signInOnce(ctx context.Context) error {
	l, err := readLogin(a.login)
	if err != nil {
		return fault.New("login.file", "The login file cannot be used.", err)
	}
	_, err = a.api.Connect(ctx, httpapi.Connection{URL: a.server, Email: l.Email, Password: l.Password})
	if err == nil {
		a.diary.mark("signed_in")
	}
	return err
}

func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// watch turns what changes below into hints for the pages.
func (a *application) watch(ctx context.Context) error {
	engine := a.host.Watch(ctx, llamacpp.Chat)
	var was llamacpp.Phase
	for {
		select {
		case <-ctx.Done():
			return nil
		case c := <-a.replica.Changes():
			a.spread(ctx, c)
		case s, open := <-engine:
			if !open {
				return nil
			}
			a.feed.Hint("status", "")
			if s.Phase != was {
				was = s.Phase
				a.feed.Hint("models", "")
				a.dispatcher.Kick()
			}
		}
	}
}

// spread tells the pages which rows changed, each conversation once.
func (a *application) spread(ctx context.Context, c replication.Change) {
	if c.Status {
		a.feed.Hint("status", "")
	}
	threads, list := map[string]bool{}, c.All
	for _, row := range c.Rows {
		switch row.Entity {
		case entity.Messages:
			id, err := a.db.ConversationOf(ctx, row.ID)
			if err == nil {
				threads[id] = true
			}
		case entity.Drafts:
			threads[row.ID] = true
		case entity.Conversations:
			threads[row.ID], list = true, true
		}
	}
	if c.All {
		a.feed.Hint("thread", "")
	}
	for id := range threads {
		a.feed.Hint("thread", id)
	}
	if !list {
		return
	}
	a.feed.Hint("conversations", "")
	if _, err := a.db.IndexTitles(ctx); err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "titles not indexed", "err", fault.Cause(err))
	}
}

const (
	quietMinute = time.Minute // after the start, before the whole database is read
	tidyEvery   = 10 * time.Minute
)

// mind does what can wait: the search index of older titles, one look through
// the whole database, forgetting what is no longer needed.
func (a *application) mind(ctx context.Context) error {
	if _, err := a.db.IndexTitles(ctx); err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "titles not indexed", "err", fault.Cause(err))
	}
	if !rest(ctx, quietMinute) {
		return nil
	}
	if err := a.db.Verify(ctx); err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "database not verified", "err", fault.Cause(err))
		a.feed.Hint("status", "")
	}
	for rest(ctx, tidyEvery) {
		if err := a.db.TidyRuns(ctx, false); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "runs not tidied", "err", fault.Cause(err))
		}
	}
	return nil
}

// slowSecrets opens the keychain when it is first needed.
type slowSecrets struct {
	config keychain.Config

	mu   sync.Mutex // guards open; held while it opens
	open *keychain.Keychain
}

func (s *slowSecrets) get(ctx context.Context) (*keychain.Keychain, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		k, err := keychain.Open(ctx, s.config)
		if err != nil {
			return nil, err
		}
		s.open = k
	}
	return s.open, nil
}

func (s *slowSecrets) Get(ctx context.Context, name string) (string, error) {
	k, err := s.get(ctx)
	if err != nil {
		return "", err
	}
	return k.Get(ctx, name)
}

func (s *slowSecrets) Set(ctx context.Context, name, value string) error {
	k, err := s.get(ctx)
	if err != nil {
		return err
	}
	return k.Set(ctx, name, value)
}

func (s *slowSecrets) Delete(ctx context.Context, name string) error {
	k, err := s.get(ctx)
	if err != nil {
		return err
	}
	return k.Delete(ctx, name)
}

// heldWindow is the window once it is there.
type heldWindow struct {
	mu sync.Mutex // guards w
	w  native.Window
}

func (h *heldWindow) hold(w native.Window) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.w = w
}

func (h *heldWindow) focus() {
	h.mu.Lock()
	w := h.w
	h.mu.Unlock()
	if w != nil {
		w.Focus()
	}
}

// show runs the window until it is closed or ctx ends.
func (a *application) show(ctx context.Context) error {
	state, err := a.db.Window(ctx)
	if err != nil {
		return err
	}
	settings, err := a.api.Settings(ctx)
	if err != nil {
		return err
	}
	err = native.Run(ctx, native.Config{
		Title: "NexusAI", Handler: a.api.Handler(), Feed: a.feed, State: state, Theme: settings.Theme, Log: a.log,
		Save: func(w localWindow) {
			if err := a.db.SaveWindow(context.WithoutCancel(ctx), w); err != nil {
				a.log.Warn("window not kept", "err", fault.Cause(err))
			}
		},
		Shown: func(w native.Window) {
			a.window.hold(w)
			a.diary.mark("window_shown")
		},
		Outside: func(url string) {
			if err := a.api.OpenExternal(ctx, httpapi.ExternalLink{URL: url}); err != nil {
				a.log.Info("link not opened", "err", fault.Cause(err))
			}
		},
	})
	if errors.Is(err, native.ErrNoScreen) {
		return fault.New("app.no_display", "The window cannot be shown: the display does not answer.", err).
			WithHint("Check DISPLAY, or start it with --browser to use it in a browser on this machine.")
	}
	if errors.Is(err, native.ErrNoWindow) {
		return fault.New("app.no_window", "This build has no window.", err).WithHint("Use --browser, or build it with make build.")
	}
	return err
}
