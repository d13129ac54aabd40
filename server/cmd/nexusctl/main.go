// Command nexusctl is the operator's tool: it works on the server's data
// directly, whether nexusd is running or not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	_ "time/tzdata" // tenants have time zones, and a bare machine knows none

	"nexusai/backend/fault"
)

// Exit statuses.
const (
	done      = 0
	failed    = 1
	misused   = 2 // the command line cannot be understood
	notIntact = 3 // audit verify or ledger verify found something broken
)

func main() {
	// A second signal ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, process{args: os.Args[1:], environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// process is what a command has of the process around it.
type process struct {
	args, environ  []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// command is one line of the table. words select it, prepare registers its
// flags and returns what to do once they are read.
type command struct {
	words   string
	help    string
	prepare func(*flag.FlagSet) action
}

// action does the work. It prints results on stdout and nothing else there.
type action func(ctx context.Context, d *desk) error

var errNotIntact = errors.New("the audit trail is not intact")

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func misuse(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run is main without the process around it; the result is the exit status.
func run(ctx context.Context, p process) int {
	err := dispatch(ctx, p)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return done
	case errors.Is(err, errNotIntact), errors.Is(err, errNotTrue):
		return notIntact
	}
	fmt.Fprintln(p.stderr, "nexusctl:", explain(err))
	if _, bad := errors.AsType[usageError](err); bad {
		fmt.Fprintln(p.stderr, "Run `nexusctl help` for what there is.")
		return misused
	}
	return failed
}

// explain shows the operator a sentence, after what was being done where, and
// the cause, which a client must not see.
func explain(err error) string {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		return err.Error()
	}
	text := f.Safe
	if before, last := strings.CutSuffix(err.Error(), f.Error()); last {
		text = before + text
	}
	if f.Err != nil {
		text += " (" + fault.Cause(f.Err) + ")"
	}
	if f.Hint != "" {
		text += " " + f.Hint
	}
	return text
}

func dispatch(ctx context.Context, p process) error {
	var base settings
	global := flag.NewFlagSet("nexusctl", flag.ContinueOnError)
	global.SetOutput(io.Discard)
	base.register(global)
	if err := global.Parse(p.args); err != nil {
		return helpOr(err, func() error { return usage(p.stdout) })
	}
	rest := global.Args()
	if len(rest) == 0 || rest[0] == "help" {
		return usage(p.stdout)
	}
	c, rest, err := find(rest)
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet("nexusctl "+c.words, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	base.register(flags) // --data may come after the command, too
	work := c.prepare(flags)
	if err := flags.Parse(rest); err != nil {
		return helpOr(err, func() error { return commandUsage(p.stdout, c, flags) })
	}
	if err := takeFile(flags); err != nil {
		return helpOr(err, func() error { return commandUsage(p.stdout, c, flags) })
	}
	if flags.NArg() > 0 {
		return misuse("%q is not expected after %s", flags.Arg(0), c.words)
	}
	if err := base.fill(p.environ); err != nil {
		return err
	}
	d := &desk{process: p, settings: base}
	return errors.Join(work(ctx, d), d.close())
}

// takeFile lets a command with a flag --file have it as a word of its own, with
// more flags behind it.
func takeFile(flags *flag.FlagSet) error {
	file := flags.Lookup("file")
	if file == nil || file.Value.String() != "" || flags.NArg() == 0 {
		return nil
	}
	rest := flags.Args()[1:]
	if err := flags.Set("file", flags.Arg(0)); err != nil {
		return err
	}
	return flags.Parse(rest)
}

// helpOr shows help when it was asked for.
func helpOr(err error, help func() error) error {
	if errors.Is(err, flag.ErrHelp) {
		return errors.Join(err, help())
	}
	return usageError{err}
}

// find takes the longest words that name a command.
func find(args []string) (command, []string, error) {
	for n := min(len(args), 2); n > 0; n-- {
		words := strings.Join(args[:n], " ")
		for _, c := range commands() {
			if c.words == words {
				return c, args[n:], nil
			}
		}
	}
	return command{}, nil, misuse("there is no command %q", strings.Join(args[:min(len(args), 2)], " "))
}

func usage(w io.Writer) error {
	fmt.Fprint(w, "nexusctl works on the data of a NexusAI server, whether it is running or not.\n\n  nexusctl [--data DIR] COMMAND [FLAGS]\n\n")
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(table, "  %s\t%s\n", c.words, c.help)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, "\n`nexusctl COMMAND --help` shows its flags. Every setting is a flag, an environment variable\n(NEXUS_DATABASE_URL) or a line of the YAML file named by --config, in this order.\nExit status: 0 done, 1 failed, 2 not understood, 3 a broken audit trail or ledger.\n")
	return err
}

func commandUsage(w io.Writer, c command, flags *flag.FlagSet) error {
	fmt.Fprintf(w, "nexusctl %s: %s\n\n", c.words, c.help)
	flags.SetOutput(w)
	flags.PrintDefaults()
	return nil
}

// commands is the table, in the order in which help shows it.
func commands() []command {
	return []command{
		{"migrate", "bring the database schema up to date", migrate},
		{"config", "what is configured, and where it is from", config},
		{"tenant create", "make a tenant and its first owner; password on standard input", tenantCreate},
		{"tenant list", "the tenants", tenantList},
		{"user list", "the members of a tenant", userList},
		{"user invite", "add a member, and print the link to join", userInvite},
		{"user disable", "end a member's access within a second", userDisable},
		{"user enable", "give it back", userEnable},
		{"user reset", "print a link to set a new password, or a fresh invite", userReset},
		{"user signout", "end all of a member's sessions", userSignOut},
		{"team create", "make a team of members, for budgets, and print its id", teamCreate},
		{"team list", "the teams of a tenant, or with --team who is in one", teamList},
		{"team add", "put a member into a team: its budgets bind them within a second", teamAdd},
		{"team remove", "take a member out of a team", teamRemove},
		{"team delete", "delete a team and the budgets that are for it", teamDelete},
		{"key create", "make an API key, and print it: it is shown only now", keyCreate},
		{"key list", "the API keys of a tenant", keyList},
		{"key revoke", "end an API key within a second", keyRevoke},
		{"link create", "print a link that signs a member in, once", linkCreate},
		{"tenant set", "a tenant's time zone, and what holds for calls without a price", tenantSet},
		{"contents delete", "delete what is stored of prompts and answers: of a tenant, or of one member or key", contentsDelete},
		{"budget create", "say what a tenant, a team or somebody of it may spend in a period", budgetCreate},
		{"budget list", "what may be spent, and what is used and held of it", budgetList},
		{"budget leases", "what processes hold of budgets that were not seen for a while", budgetLeases},
		{"budget release", "decide about what a dead process holds: not spent, or with --spent all of it", budgetRelease},
		{"ledger verify", "prove that the ledger is the log's usage times the prices", ledgerVerify},
		{"ledger reconcile", "compare a provider's invoice (CSV) with the ledger", ledgerReconcile},
		{"audit verify", "check the audit trails, also against their exported heads", auditVerify},
		{"apply", "make providers, keys, deployments, aliases, prices, teams, limits, budgets and what is kept of calls those of a YAML file", apply},
		{"diff", "what apply would change; exit status 1 when anything", diff},
		{"export", "what a tenant has of these as such a file", export},
		{"route explain", "where a request would go and why, without sending it", routeExplain},
	}
}
