// Command suite runs every test of the project, one stage after the other, and
// ends with one line: how many passed and how many failed.
//
// A stage that cannot start counts as failed; nothing is ever skipped. What a
// stage printed is kept in bin/suite/NAME.log.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// logs is where each stage's output is kept, relative to the checkout.
const logs = "bin/suite"

func main() { os.Exit(run()) }

// run returns the exit status.
func run() int {
	only := flag.String("only", "", "comma-separated stages to run instead of all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := os.MkdirAll(logs, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		return 1
	}
	var total tally
	var lines []string
	for _, s := range chosen(*only) {
		fmt.Printf("== %s\n", s.name)
		began := time.Now()
		got := s.run(ctx)
		took := time.Since(began).Round(100 * time.Millisecond)
		line := fmt.Sprintf("%-10s %5d passed %3d failed  %8s", s.name, got.passed, got.failed, took)
		fmt.Println(line)
		lines = append(lines, line)
		total.passed += got.passed
		total.failed += got.failed
		if ctx.Err() != nil || got.failed > 0 && s.gate {
			break
		}
	}
	fmt.Printf("\n%s\n%d passed, %d failed\n", strings.Join(lines, "\n"), total.passed, total.failed)
	if total.failed > 0 || ctx.Err() != nil {
		return 1
	}
	return 0
}

// chosen returns the stages named in only, or all.
func chosen(only string) []stage {
	if only == "" {
		return stages
	}
	names := strings.Split(only, ",")
	picked := slices.DeleteFunc(slices.Clone(stages), func(s stage) bool { return !slices.Contains(names, s.name) })
	if len(picked) != len(names) {
		fmt.Fprintf(os.Stderr, "suite: of %s only %d are stages\n", only, len(picked))
		os.Exit(2)
	}
	return picked
}

func logPath(name string) string { return filepath.Join(logs, name+".log") }
