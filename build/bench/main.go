// Command bench measures the product beside a floor taken in the same run, and
// prints a table, or with JSON=1 one object a line. It judges nothing: a figure
// over its bound is marked, and the exit status is 1 only when a measurement
// could not be made.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// measure yields the rows of one subject.
type measure struct {
	name string
	run  func(context.Context) ([]Row, error)
}

// suites are what is measured together: a few minutes of everything, or the
// gateway under load for a minute a figure.
var suites = map[string][]measure{
	"all": {
		{"gateway", gateway},
		{"local", local},
		{"sync", visible},
		{"window", window},
		{"recovery", recovery},
		{"run", again},
	},
	"gateway": {
		{"gateway", gateway},
		{"load", load},
		{"streams", streams},
		{"outage", outage},
		{"budget", budgetRace},
	},
}

func main() { os.Exit(run()) }

// run returns the exit status.
func run() int {
	suite := flag.String("suite", "all", "all or gateway")
	only := flag.String("only", "", "comma-separated subjects instead of the whole suite")
	flag.DurationVar(&sustained, "for", sustained, "how long a figure of the gateway's is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var rows []Row
	failed := false
	for _, m := range suites[*suite] {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), m.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s …\n", m.name)
		got, err := m.run(ctx)
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", m.name, err)
			failed = true
		}
		rows = append(rows, got...)
	}
	show := table
	if os.Getenv("JSON") == "1" {
		show = lines
	}
	if err := show(os.Stdout, rows); err != nil || failed {
		return 1
	}
	return 0
}
