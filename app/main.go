// Package app is the life cycle and the object graph of the desktop
// application.
package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"nexusai/app/instance"
	"nexusai/app/native"
	"nexusai/backend/fault"
)

// Version of the application; the build may set it with -ldflags -X.
var Version = "0.1.0"

// began is read before anything else, for the time to the first frame.
var began = time.Now()

// Main runs the application and returns its exit status. It must be called on
// the process's first goroutine: windows live on the first thread.
func Main() int {
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	}
	f := fault.From(err)
	fmt.Fprintln(os.Stderr, "nexusai:", f.Safe)
	if f.Hint != "" {
		fmt.Fprintln(os.Stderr, f.Hint)
	}
	if f.Code == fault.Internal {
		fmt.Fprintln(os.Stderr, fault.Cause(err))
	}
	return 1
}

// Run is Main with everything from outside given to it. It returns when the
// window is closed or ctx ends, after everything it started has stopped.
func Run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	o, err := parse(args, out, errs)
	if err != nil {
		return err
	}
	if o.version {
		fmt.Fprintln(out, "nexusai", Version)
		return nil
	}
	if !o.browser && !native.HasDisplay() {
		fmt.Fprintln(errs, "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set).")
		fmt.Fprintln(errs, "Start it with --browser to use it in a browser on this machine.")
		return fault.New("app.no_display", "The window cannot be shown.", nil)
	}
	lock, first, err := instance.Acquire(o.data)
	if err != nil {
		return fault.New("app.data", "The data folder cannot be used.", err).WithHint("Check who owns " + o.data + ", or choose another one with --data.")
	}
	if !first {
		return second(ctx, o, out)
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	logs, err := openLog(filepath.Join(o.data, "log", "app.log"))
	if err != nil {
		return fault.New("app.data", "The log cannot be written.", err)
	}
	defer func() { _ = logs.Close() }() // nothing is left to log to
	log := slog.New(slog.NewJSONHandler(logs, nil))
	defer func() {
		if p := recover(); p != nil {
			log.Error("application panicked", "err", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "The application broke. The log says where.", nil)
		}
	}()
	log.Info("application starts", "version", Version, "window", !o.browser)
	err = (&application{options: o, lock: lock, log: log, out: out}).run(ctx)
	log.Info("application ended")
	return err
}

// second is what a start does while another process has the folder: it brings
// that one to the front, or prints a new link to it.
func second(ctx context.Context, o options, out io.Writer) error {
	question := "focus"
	if o.browser {
		question = "link"
	}
	answer, err := instance.Ask(ctx, o.data, question)
	if err != nil {
		return fault.New("app.busy", "The application is running, but does not answer.", err).WithHint("Wait a moment and start it again.")
	}
	if answer != "ok" {
		fmt.Fprintln(out, answer)
	}
	return nil
}
