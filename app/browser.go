package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"nexusai/app/localdb"
	"nexusai/backend/fault"
)

type localWindow = localdb.Window

// loopback is where browser mode listens.
type loopback struct{ net.Listener }

// listen takes a loopback address only: the API is for this machine.
func listen(address string) (*loopback, error) {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	if err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fault.New("app.listen", "Browser mode listens on this machine only.", err).WithHint("Use --listen 127.0.0.1:0.")
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fault.New("app.listen", "The port cannot be used.", err).WithHint("Another program has it; use --listen 127.0.0.1:0 for a free one.")
	}
	return &loopback{l}, nil
}

func (l *loopback) host() string             { return l.Addr().String() }
func (l *loopback) address() string          { return "http://" + l.host() }
func (l *loopback) link(token string) string { return "open " + l.address() + "/#token=" + token }

// serve answers a browser until ctx ends. Streams have no end of their own, so
// they are cut.
func (a *application) serve(ctx context.Context) error {
	server := &http.Server{
		Handler: a.api.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	fmt.Fprintln(a.out, "listening on "+a.listener.address())
	fmt.Fprintln(a.out, a.listener.link(a.secret))
	a.diary.mark("listening")
	stop := context.AfterFunc(ctx, func() {
		brief, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if server.Shutdown(brief) != nil {
			_ = server.Close() // what is left is a stream that does not notice
		}
	})
	defer stop()
	err := server.Serve(a.listener)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve the browser: %w", err)
}
