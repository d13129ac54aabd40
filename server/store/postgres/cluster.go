// Package postgres runs a private PostgreSQL cluster inside a data folder.
//
// One process at a time owns the cluster of a folder (a file lock says which)
// and supervises its postmaster; other processes on the same folder attach to
// it, and one of them takes over when the owner leaves. The cluster listens on
// a Unix socket in a folder that only its own user (and root) may enter.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	startWithin = 90 * time.Second // crash recovery included
	stopWithin  = 20 * time.Second // a fast shutdown; after it the cluster is stopped the hard way
)

// Config says where the cluster lives and how it runs.
type Config struct {
	Dir      string            // required: the server's data folder; the cluster goes into Dir/pg
	Log      *slog.Logger      // required
	Builds   []Build           // where to look for PostgreSQL, best first; default Find()
	Settings map[string]string // extra settings; they override ours
}

// Cluster is a running (or restarting) private PostgreSQL. All methods are safe
// for concurrent use.
type Cluster struct {
	cfg    Config
	place  place
	keys   passwords
	build  Build
	stop   context.CancelFunc
	done   chan struct{} // closed when the supervisor has left and the lock is free
	once   sync.Once
	ready  atomic.Bool
	starts atomic.Int64 // how often this process started a postmaster
}

// Start makes the cluster if need be, starts it or attaches to the process that
// already runs it, and returns when it answers. ctx bounds the start only; the
// cluster runs until Stop (or Run's context ends).
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	if cfg.Dir == "" || cfg.Log == nil {
		return nil, errors.New("postgres.Config needs Dir and Log")
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	c, err := prepare(ctx, cfg)
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	c.done = make(chan struct{})
	first := make(chan error, 1)
	go func() {
		defer close(c.done)
		c.supervise(life, first)
	}()
	select {
	case err = <-first:
	case <-ctx.Done():
		err = fmt.Errorf("the database did not answer in %s: %w", startWithin, ctx.Err())
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// prepare finds the folder, the build and the passwords; it starts nothing.
func prepare(ctx context.Context, cfg Config) (*Cluster, error) {
	p, err := locate(ctx, cfg.Dir)
	if err != nil {
		return nil, err
	}
	builds := cfg.Builds
	if builds == nil {
		builds = Find()
	}
	b, err := p.choose(builds)
	if err != nil {
		return nil, err
	}
	keys, err := loadPasswords(p.secret)
	if err != nil {
		return nil, err
	}
	return &Cluster{cfg: cfg, place: p, keys: keys, build: b}, nil
}

// Run blocks until ctx ends, then stops the cluster and waits for it.
func (c *Cluster) Run(ctx context.Context) error {
	<-ctx.Done()
	return c.Stop()
}

// Stop ends the cluster (fast shutdown) if this process owns it, or only
// detaches from it, and waits. Safe to call twice.
func (c *Cluster) Stop() error {
	c.once.Do(c.stop)
	<-c.done
	return nil
}

// Ready reports whether the postmaster accepts connections right now. It falls
// as soon as the postmaster dies and rises when its successor answers.
func (c *Cluster) Ready() bool { return c.ready.Load() }

// Build says which PostgreSQL runs the cluster.
func (c *Cluster) Build() Build { return c.build }

// Restarts counts the postmasters that this process had to start after its first.
func (c *Cluster) Restarts() int64 { return max(0, c.starts.Load()-1) }

// OwnerURL connects as nexus_owner, who owns the schema and runs migrations.
func (c *Cluster) OwnerURL() string { return c.url(ownerRole, c.keys.Owner, database) }

// AppURL connects as nexus_app, who owns nothing and obeys row-level security.
func (c *Cluster) AppURL() string { return c.url(appRole, c.keys.App, database) }

// SuperURL connects to any database of the cluster as its superuser. Only
// backup, restore and tests need it.
func (c *Cluster) SuperURL(database string) string {
	return c.url(superRole, c.keys.Super, database)
}

func (c *Cluster) url(role, password, database string) string {
	return fmt.Sprintf("postgres://%s:%s@/%s?host=%s&port=%d&sslmode=disable",
		role, password, database, c.place.socket, port)
}

// PID is the postmaster's process id, or 0 while there is none.
func (c *Cluster) PID() int {
	pid, _ := c.place.postmaster()
	if pid > 0 && alive(pid) {
		return pid
	}
	return 0
}

// logTail is the end of the server's own log, for an error a person reads.
func (c *Cluster) logTail() string {
	text, err := os.ReadFile(c.place.logFile())
	if err != nil {
		return ""
	}
	return string(text[max(0, len(text)-1500):])
}
