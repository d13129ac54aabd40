package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"nexusai/backend/llamacpp"
)

// runner starts everything in order and stops it in reverse.
type runner struct {
	options
	log    *slog.Logger
	began  time.Time
	family *family
	store  *llamacpp.Store
	pages  string // browser mode's link; empty with a window

	background sync.WaitGroup // engine build and downloads
}

func newRunner(o options, log *slog.Logger) (*runner, error) {
	data, err := filepath.Abs(o.data)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", o.data, err)
	}
	o.data = data
	store, err := openStore(log)
	if err != nil {
		return nil, err
	}
	return &runner{options: o, log: log, began: time.Now(), family: newFamily(), store: store}, nil
}

func openStore(log *slog.Logger) (*llamacpp.Store, error) {
	dir, err := llamacpp.DefaultDir()
	if err != nil {
		return nil, err
	}
	return llamacpp.NewStore(llamacpp.StoreConfig{Dir: dir, Log: log, Source: llamacpp.Source(os.Getenv("NEXUS_MODEL_SOURCE"))})
}

// run blocks until the person stops it, or the window was closed.
func (r *runner) run(ctx context.Context) (err error) {
	unlock, err := r.lock()
	if err != nil {
		return err
	}
	defer unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		r.background.Wait()
		if left := r.family.stopAll(); left != nil {
			err = left // more than whatever it was stopped for
		}
	}()
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.fetchInBackground(ctx)
	server, err := r.startServer(ctx)
	if err != nil {
		return err
	}
	if err := r.ensureOwner(ctx, server); err != nil {
		return err
	}
	window, err := r.startDesktop(ctx, server)
	if err != nil {
		return err
	}
	ready := time.Since(r.began)
	if r.check {
		return r.prove(ctx, server, window, ready)
	}
	r.greet(ctx, server, ready)
	if r.dev {
		if err := r.startVite(ctx); err != nil {
			return err
		}
	}
	return r.watch(ctx, server, window)
}

// lock keeps two runs from using one data folder.
func (r *runner) lock() (unlock func(), err error) {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the database's own user has to pass through to its folder
	}
	if err := os.MkdirAll(r.data, mode); err != nil {
		return nil, sentencef("%s cannot be made: %v", r.data, err)
	}
	f, err := os.OpenFile(filepath.Join(r.data, "run.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, sentencef("%s cannot be written: %v", r.data, err)
	}
	if !tryLock(f) {
		f.Close()
		return nil, sentencef("NexusAI is running with %s already: use that window, or stop it with Ctrl-C where it was started", r.data)
	}
	return func() { f.Close() }, nil
}

// greet says where things are.
func (r *runner) greet(ctx context.Context, server *serverProcess, ready time.Duration) {
	fmt.Printf("\nready in %.1f s\n", ready.Seconds())
	fmt.Println("  server   ", server.url)
	link, err := r.consoleLink(ctx, server)
	if err != nil {
		r.log.Warn("no console link", "err", err)
	} else {
		fmt.Println("  console  ", link, " (this link works once)")
	}
	fmt.Println("  stop with Ctrl-C")
}

// watch waits for the end. The server's end does not end the window, which
// goes on by itself; a window that was closed ends everything, one that was
// killed does not.
func (r *runner) watch(ctx context.Context, server *serverProcess, window *child) error {
	serverGone := server.exited
	for {
		select {
		case <-ctx.Done():
			fmt.Println("\nstopping")
			return nil
		case <-serverGone:
			serverGone = nil
			fmt.Printf("\nthe server has stopped (%s); the window goes on without it. Start it again with:\n  %s\n", server.fate(), server.shell())
		case <-window.exited:
			if window.ok() {
				fmt.Println("\nthe window was closed, stopping")
				return nil
			}
			fmt.Printf("\nthe window has stopped (%s); the server goes on. Start it again with:\n  %s\n", window.fate(), window.shell())
			select {
			case <-ctx.Done():
			case <-serverGone:
			}
			return nil
		}
	}
}
