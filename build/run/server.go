package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// serverProcess is a running nexusd.
type serverProcess struct {
	*child
	url  string
	data string
}

const (
	startLimit  = 90 * time.Second // to the first line; a first start makes the database
	serverGrace = 20 * time.Second // to stop runs, engines and the database
)

// startServer launches nexusd and waits until it says where it listens.
func (r *runner) startServer(ctx context.Context) (*serverProcess, error) {
	port, err := choosePort(r.port)
	if err != nil {
		return nil, err
	}
	if port != r.port {
		fmt.Printf("run: port %d is taken, using %d\n", r.port, port)
	}
	log, err := openLog(filepath.Join(r.data, "nexusd.log"))
	if err != nil {
		return nil, err
	}
	s := &serverProcess{data: filepath.Join(r.data, "server")}
	if err := r.forgetOwner(s.data); err != nil {
		return nil, err
	}
	said := make(chan string, 1)
	// Named, because the smaller model may be here already from the tests.
	model := []string{"NEXUS_CHAT_MODEL=" + starterModels()[0]}
	s.child, err = r.family.start("nexusd", serverGrace, model, func(line string) {
		fmt.Fprintln(log, line)
		if url, ok := strings.CutPrefix(line, "listening on "); ok {
			select {
			case said <- strings.TrimSpace(url):
			default:
			}
		}
	}, "bin/nexusd", "serve", "--data", s.data, "--listen", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), "--warm")
	if err != nil {
		return nil, err
	}
	select {
	case s.url = <-said:
		return s, nil
	case <-s.exited:
		return nil, sentencef("The server did not start (%s). Its last words:\n%s\nIf they do not help: put a copy of %s back that worked, or move it away to begin with an empty server.", s.fate(), tailOf(log.Name(), 12), s.data)
	case <-time.After(startLimit):
		return nil, sentencef("The server did not start within %s; %s tells what it is doing.", startLimit, log.Name())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// choosePort takes the wanted port or the next free one.
func choosePort(want int) (int, error) {
	for port := want; port < want+50; port++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, sentencef("Ports %d to %d are all taken: free one, or start with another, as in bin/run --port %d.", want, want+49, want+1000)
}

// openLog starts a log afresh, keeping the previous one.
func openLog(path string) (*os.File, error) {
	if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("keep the previous log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return f, nil
}

// tailOf is the last lines of a file, for a person.
func tailOf(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
