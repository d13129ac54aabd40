// Command run installs, builds, starts and stops NexusAI for one person on
// this machine. `make run` builds it as bin/run and becomes it.
//
//	bin/run            install, build, open the window, signed in
//	bin/run --browser  a link to the same pages instead of a window
//	bin/run --dev      the link, and Vite with reload in front of it
//	bin/run --check    until everything answers; one JSON line, stop
//	bin/run doctor     what this machine has and lacks
//	bin/run models ID… fetch model files into the cache
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are what a person chooses.
type options struct {
	data    string // folder of everything that is kept
	port    int    // wanted for the server; the next free one is taken
	browser bool
	dev     bool
	check   bool
}

func main() { os.Exit(command(os.Args[1:])) }

// command runs one subcommand and returns the exit status.
func command(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go followParent(ctx, cancel)
	verb := ""
	if len(args) > 0 {
		verb = args[0]
	}
	var err error
	switch verb {
	case "doctor":
		err = diagnose(ctx)
	case "models":
		err = fetchModels(ctx, args[1:])
	default:
		err = runAll(ctx, args)
	}
	var sorry sentence
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &sorry):
		fmt.Fprintln(os.Stderr, "\n"+sorry.Error())
	case errors.Is(err, context.Canceled):
		return 130
	default:
		fmt.Fprintln(os.Stderr, "\nrun:", err)
	}
	return 1
}

// sentence is an error that a person can act on as it stands.
type sentence string

func (s sentence) Error() string { return string(s) }

func sentencef(format string, args ...any) sentence { return sentence(fmt.Sprintf(format, args...)) }

// runAll parses the flags and hands over to a runner.
func runAll(ctx context.Context, args []string) error {
	var o options
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.StringVar(&o.data, "data", ".data", "`folder` of everything that is kept")
	flags.IntVar(&o.port, "port", 8787, "port wanted for the server; if it is taken, the next free one")
	flags.BoolVar(&o.browser, "browser", false, "print a link instead of opening a window")
	flags.BoolVar(&o.dev, "dev", false, "browser mode behind Vite with reload")
	flags.BoolVar(&o.check, "check", os.Getenv("NEXUS_RUN_ONCE") != "", "stop as soon as everything answers; one JSON line")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return sentencef("run: there is no command %q: doctor, models, or flags alone", flags.Arg(0))
	}
	o.browser = o.browser || o.dev
	r, err := newRunner(o, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	err = r.run(ctx)
	if !o.check && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Println("\nstopped; the next start goes on from here")
		return nil // Ctrl-C is no failure that make should report
	}
	return err
}

// followParent ends this program when the one that called it is gone: a make
// that was killed hands nothing on.
func followParent(ctx context.Context, end func()) {
	parent := os.Getppid()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if os.Getppid() != parent {
				end()
				return
			}
		}
	}
}
