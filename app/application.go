package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"nexusai/app/dispatch"
	"nexusai/app/feed"
	"nexusai/app/instance"
	"nexusai/app/keychain"
	"nexusai/app/localapi"
	"nexusai/app/localdb"
	"nexusai/app/native"
	"nexusai/app/replication"
	"nexusai/app/team"
	"nexusai/backend/egress"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/frontend"
)

// application is the object graph; open fills it from top to bottom.
type application struct {
	options
	lock *instance.Lock
	log  *slog.Logger
	out  io.Writer

	diary      *diary
	db         *localdb.DB
	secrets    *slowSecrets
	feed       *feed.Feed
	team       *team.Client
	replica    *replication.Replica
	host       *llamacpp.Host
	engine     *ownEngine
	dispatcher *dispatch.Dispatcher
	api        *localapi.API
	secret     string
	listener   *loopback // browser mode only
	window     heldWindow
}

// run opens everything, works until ctx ends or the window is closed, and
// stops everything in the opposite order.
func (a *application) run(ctx context.Context) (err error) {
	a.diary = openDiary(a.diag, began)
	defer a.diary.close()
	if err := a.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.db.Close()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work, ctx := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{
		a.signIn, a.team.Run, a.replica.Run, a.host.Run, a.dispatcher.Run, a.watch, a.mind,
		func(ctx context.Context) error { return a.lock.Serve(ctx, a.answer) },
	} {
		work.Go(func() error { return part(ctx) })
	}
	if a.browser {
		err = a.serve(ctx)
	} else {
		err = a.show(ctx)
	}
	cancel()
	return errors.Join(err, work.Wait())
}

func (a *application) open(ctx context.Context) (err error) {
	a.db, err = localdb.Open(ctx, localdb.Config{Path: filepath.Join(a.data, "nexus.db"), Log: a.log})
	if err != nil {
		return err
	}
	a.diary.mark("database_open")
	if err := a.connect(ctx); err != nil {
		return errors.Join(err, a.db.Close())
	}
	a.diary.mark("graph_built")
	return nil
}

// connect builds what works on the database.
func (a *application) connect(ctx context.Context) (err error) {
	device, err := a.db.DeviceID(ctx)
	if err != nil {
		return err
	}
	a.feed = feed.New()
	a.secrets = &slowSecrets{config: keychain.Config{Dir: filepath.Join(a.data, "keychain"), Log: a.log, FileOnly: os.Getenv("NEXUS_KEYCHAIN") == "file"}}
	a.team, err = team.New(team.Config{
		Secrets: a.secrets, Settings: a.db, DeviceID: device, DeviceName: deviceName(), Log: a.log, Changed: a.teamChanged,
	})
	if err != nil {
		return err
	}
	a.replica, err = replication.New(replication.Config{
		Writer: a.db.Writer(), Reader: a.db.Reader(), Log: a.log, Server: &teamLink{a.team, liveClient()},
	})
	if err != nil {
		return err
	}
	if err := a.startEngine(); err != nil {
		return err
	}
	a.dispatcher, err = dispatch.New(dispatch.Config{
		DB: a.db, Journal: a.replica, Server: a.team, Engine: a.engine, Pages: a.pages(), Log: a.log,
	})
	if err != nil {
		return err
	}
	return a.mount()
}

func (a *application) startEngine() error {
	dir, err := llamacpp.DefaultDir()
	if err != nil {
		return err
	}
	store, err := llamacpp.NewStore(llamacpp.StoreConfig{Dir: dir, Log: a.log})
	if err != nil {
		return err
	}
	a.host, err = llamacpp.NewHost(llamacpp.HostConfig{
		Store: store, Dir: filepath.Join(a.data, "engine"), Log: a.log, ChatModel: a.model, Fetch: true, IdleAfter: 10 * time.Minute,
	})
	a.engine = &ownEngine{host: a.host, log: a.log}
	return err
}

// mount makes the API for the window or for a browser on this machine.
func (a *application) mount() error {
	images, err := egress.New(egress.Config{})
	if err != nil {
		return err
	}
	a.secret = rand.Text() + rand.Text()
	host := ""
	if a.browser {
		if a.listener, err = listen(a.listen); err != nil {
			return err
		}
		host = a.listener.host()
	}
	a.api, err = localapi.New(localapi.Config{
		DB: a.db, Dispatcher: a.dispatcher, Sync: syncPort{a.replica}, Team: a.team, Engine: a.engine, Feed: a.feed,
		Assets: frontend.Dist(), Images: images.Client(20 * time.Second), Log: a.log, Version: Version,
		Open: native.Open, Checks: a.checks, Facts: a.facts, Beat: a.diary.beat,
		Window: !a.browser, Secret: a.secret, Host: host,
	})
	return err
}

// pages is the feed, with the diary reading along.
func (a *application) pages() *readAlong { return &readAlong{a.feed, a.diary} }

type readAlong struct {
	*feed.Feed
	diary *diary
}

// Run implements dispatch's pages.
func (r *readAlong) Run(e httpapi.RunEvent) {
	r.diary.run(e)
	r.Feed.Run(e)
}

// teamChanged tells everybody that the server came or went.
func (a *application) teamChanged() {
	for _, topic := range []string{"status", "models", "queue"} {
		a.feed.Hint(topic, "")
	}
	if a.dispatcher == nil {
		return // still being built
	}
	a.dispatcher.Kick()
	if a.team.State().Phase == "connected" {
		a.replica.Kick()
	}
}

// answer is what another start of the program asks; see second.
func (a *application) answer(question string) string {
	switch {
	case question == "link" && a.browser:
		return a.listener.link(a.api.Link())
	case question == "link":
		a.window.focus()
		return "The application's window is open already."
	}
	a.window.focus()
	if a.browser {
		return "The application runs in browser mode at " + a.listener.address() + "; start it with --browser for a new link."
	}
	return "ok"
}

// liveClient has no limit on a whole answer: live connections last.
func liveClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func deviceName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "this device"
	}
	return fmt.Sprintf("NexusAI on %.80s", name)
}
