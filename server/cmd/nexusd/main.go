// Command nexusd is the NexusAI server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // teams have time zones, and a bare machine knows none

	"nexusai/backend/fault"
	"nexusai/server/edge"
)

const usage = `nexusd is the NexusAI server.

  nexusd serve  [--data DIR] [--listen ADDR] [--warm] [--config FILE] …
  nexusd config                       what is configured, and where it is from

Every setting is a flag (nexusd serve --help), an environment variable
(NEXUS_DATABASE_URL) or a line of the YAML file (database_url), in this order.
`

func main() {
	// A second signal ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command is main without the process around it; the result is the exit status.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	name, args := args[0], args[1:]
	var err error
	switch name {
	case "serve":
		err = serveCommand(ctx, args, stdout, stderr)
	case "config":
		err = configCommand(args, stdout, stderr)
	case "help", "-h", "--help":
		fmt.Fprint(stdout, usage)
	default:
		fmt.Fprintf(stderr, "nexusd has no command %q\n\n%s", name, usage)
		return 2
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(stderr, "nexusd:", explain(err))
	return 1
}

// explain shows the operator the cause, which a client must not see.
func explain(err error) string {
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Hint != "" {
		return fault.Cause(err) + " (" + f.Hint + ")"
	}
	return fault.Cause(err)
}

func configCommand(args []string, stdout, stderr io.Writer) error {
	s, err := readSettings(args, os.Environ(), stderr)
	if err != nil {
		return err
	}
	return s.print(stdout)
}

func serveCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := readSettings(args, os.Environ(), stderr)
	if err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s["log_level"].text)); err != nil {
		return err
	}
	log := slog.New(edge.Handler{Handler: slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level})})
	return serve(ctx, s, log, stdout)
}
