package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"nexusai/backend/fault"
	"nexusai/server/store/database"
)

const (
	headerWithin = 10 * time.Second
	idleFor      = 2 * time.Minute
	maxHeader    = 64 << 10
	drainWithin  = 60 * time.Second // for answers in flight
)

// serve runs the server until ctx ends or a part of it fails.
func serve(ctx context.Context, s settings, log *slog.Logger, stdout io.Writer) (err error) {
	if err := os.MkdirAll(s["data"].text, 0o711); err != nil { // the database's user has to pass through
		return fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockFolder(s["data"].text)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := enoughDisk(s); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s["listen"].text)
	if err != nil {
		return fmt.Errorf("listen on %s (choose another with --listen, or 127.0.0.1:0 for any): %w", s["listen"].text, err)
	}
	defer listener.Close()
	db, err := database.Open(ctx, database.Config{
		Dir: s["data"].text, URL: s["database_url"].text, OwnerURL: s["database_owner_url"].text, Log: log,
	})
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	srv, err := newServer(s, db, log)
	if err != nil {
		return err
	}
	if err := srv.contents.Load(ctx); err != nil {
		return err
	}
	handler, err := srv.routes()
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "listening on http://%s\n", listener.Addr())
	return srv.run(ctx, listener, handler)
}

// run answers until ctx ends, then drains: new requests are turned away,
// answers in flight get some seconds, and only then the rest stops.
func (srv *server) run(ctx context.Context, listener net.Listener, handler http.Handler) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	failed := make(chan error, 1)
	fail := func(err error) {
		select {
		case failed <- err:
		default: // the first counts
		}
	}
	var parts sync.WaitGroup
	for name, part := range srv.background() {
		parts.Go(func() {
			if err := part(life); life.Err() == nil {
				fail(named(name, err))
			}
		})
	}
	front := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerWithin, IdleTimeout: idleFor, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(srv.log.Handler(), slog.LevelDebug),
	}
	parts.Go(func() {
		if err := front.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fail(fmt.Errorf("serve: %w", err))
		}
	})
	var err error
	select {
	case <-ctx.Done():
		srv.log.Info("draining")
	case err = <-failed:
		srv.log.Error("stopping", "err", fault.Cause(err))
	}
	srv.drain(front)
	end()
	parts.Wait()
	return err
}

func (srv *server) drain(front *http.Server) {
	srv.edge.Drain()
	srv.bus.Close()
	close(srv.draining)
	patience, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	var answers sync.WaitGroup
	answers.Go(func() {
		if left := srv.broker.Drain(patience); left > 0 {
			srv.log.Warn("model calls in flight were cut", "count", left)
		}
	})
	srv.runs.Wait(patience)
	answers.Wait()
	if err := front.Shutdown(patience); err != nil {
		srv.log.Warn("answers in flight were cut", "err", err)
	}
	_ = front.Close() // what is left has had its time
}
