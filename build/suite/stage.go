package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// stage is one kind of test.
type stage struct {
	name    string
	command string                    // run by bash in the checkout
	limit   time.Duration             // after which it is killed and counts as failed
	count   func(output string) tally // nil: the command is one test
	gate    bool                      // without it nothing later can work
}

// stages in the order in which a failure is cheapest to find. A limit is for
// what hangs: on a busy machine building the engine takes more than an hour.
var stages = []stage{
	{name: "setup", command: "build/setup/all.sh", limit: 90 * time.Minute, gate: true},
	{name: "build", command: "make build", limit: 20 * time.Minute, gate: true},
	{name: "generated", command: "make gen && git diff --exit-code -- frontend/src/api", limit: 5 * time.Minute},
	{name: "lint", command: "make lint", limit: 15 * time.Minute},
	{name: "go", command: "go test -race -count=1 -timeout 15m -tags integration -json ./...", limit: 30 * time.Minute, count: countGo},
	{name: "web", command: "cd frontend && npm test", limit: 10 * time.Minute, count: countVitest},
	{name: "sim", command: "make sim SEEDS=500", limit: 10 * time.Minute},
	{name: "clients", command: `"$NEXUS_CACHE/py/bin/python" -m pytest -q build/e2e`, limit: 15 * time.Minute, count: countPlain},
	{name: "e2e", command: "cd frontend && npm run e2e", limit: 20 * time.Minute, count: countPlain},
	{name: "window", command: "build/e2e/window.sh -json", limit: 15 * time.Minute, count: countGo},
	{name: "run", command: "build/e2e/make_run.sh", limit: 20 * time.Minute},
}

// run executes the stage in a process group of its own, so that nothing it
// started outlives it.
func (s stage) run(ctx context.Context) tally {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	log, err := os.Create(logPath(s.name))
	if err != nil {
		fmt.Println(err)
		return tally{failed: 1}
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", s.command)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	failed := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // ESRCH when, as it should be, nothing is left
	}
	text, err := os.ReadFile(logPath(s.name))
	if err != nil {
		failed = err
	}
	return s.judge(string(text), failed)
}

// judge believes the exit status first: a stage that failed has at least one
// failure whatever its output says.
func (s stage) judge(output string, failed error) tally {
	got := tally{}
	if s.count != nil {
		got = s.count(output)
	}
	switch {
	case failed != nil:
		got.failed = max(got.failed, 1)
		fmt.Printf("%s: %v\n%s\n", s.name, failed, tail(readable(output), 60))
	case s.count == nil:
		got.passed = 1
	case got.passed == 0:
		got.failed = 1
		fmt.Printf("%s ran no test\n", s.name)
	}
	return got
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
