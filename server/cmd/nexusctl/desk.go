package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
	"nexusai/server/blob"
	"nexusai/server/identity"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/database"
	"nexusai/server/tenant"
)

// desk is what a command works with; what costs something is opened when it is
// first asked for.
type desk struct {
	process
	settings
	open *database.Database
	keys *secret.Keyring
}

func (d *desk) log() *slog.Logger {
	level := slog.LevelWarn
	if d.loud {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(d.stderr, &slog.HandlerOptions{Level: level}))
}

func (d *desk) databaseConfig() database.Config {
	return database.Config{Dir: d.get("data"), URL: d.get("database_url"), OwnerURL: d.get("database_owner_url"), Log: d.log(), MaxConns: 4}
}

// makeFolder is for the two commands that may begin a server.
func (d *desk) makeFolder() error {
	if d.get("database_url") != "" {
		return nil
	}
	if err := os.MkdirAll(d.get("data"), 0o711); err != nil { // the database's user has to pass through
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}

// db opens the database, once.
func (d *desk) db(ctx context.Context) (*store.DB, error) {
	if d.open == nil {
		opened, err := database.Open(ctx, d.databaseConfig())
		if err != nil {
			return nil, err
		}
		d.open = opened
	}
	return d.open.Store(), nil
}

func (d *desk) close() error {
	if d.open == nil {
		return nil
	}
	return d.open.Close()
}

func (d *desk) keyring() (*secret.Keyring, error) {
	if d.keys != nil {
		return d.keys, nil
	}
	keys, err := secret.Load(secret.Config{File: d.get("master_key_file"), Dir: d.get("data")})
	d.keys = keys
	return keys, err
}

func (d *desk) identity(ctx context.Context) (*identity.Service, error) {
	db, err := d.db(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := d.keyring()
	if err != nil {
		return nil, err
	}
	return identity.New(identity.Config{DB: db, Secrets: keys, Log: d.log(), PublicURL: d.get("public_url")})
}

func (d *desk) trail(ctx context.Context) (*audit.Trail, error) {
	db, err := d.db(ctx)
	if err != nil {
		return nil, err
	}
	cfg := audit.Config{DB: db, Dir: d.get("data"), Log: d.log()}
	if d.get("s3_endpoint") != "" {
		cfg.Away, err = blob.NewS3(blob.S3Config{
			Endpoint: d.get("s3_endpoint"), Bucket: d.get("s3_bucket"), Region: d.get("s3_region"),
			Key: d.get("s3_key"), Secret: secret.NewText(d.get("s3_secret")),
		})
		if err != nil {
			return nil, err
		}
	}
	return audit.New(cfg)
}

// tenant opens everything and finds the tenant of a slug. Without a slug it is
// the only one there is.
func (d *desk) tenant(ctx context.Context, slug string) (*identity.Service, tenant.Tenant, error) {
	var t tenant.Tenant
	if err := d.checkData(); err != nil {
		return nil, t, err
	}
	s, err := d.identity(ctx)
	if err != nil {
		return nil, t, err
	}
	db, err := d.db(ctx)
	if err != nil {
		return nil, t, err
	}
	if slug != "" {
		t, err = bySlug(ctx, db, slug)
		return s, t, err
	}
	all, err := tenant.All(ctx, db)
	switch {
	case err != nil:
		return nil, t, err
	case len(all) == 0:
		return nil, t, errors.New("there is no tenant yet: begin with `nexusctl tenant create`")
	case len(all) > 1:
		return nil, t, misuse("there are several tenants (%s): choose one with --tenant", slugs(all))
	}
	return s, all[0], nil
}

func bySlug(ctx context.Context, db *store.DB, slug string) (tenant.Tenant, error) {
	t, err := tenant.BySlug(ctx, db, slug)
	if fault.CodeOf(err) == fault.NotFound {
		return t, fmt.Errorf("there is no tenant %q", slug)
	}
	return t, err
}

func slugs(all []tenant.Tenant) string {
	var names []string
	for i, t := range all {
		if i == 10 {
			names = append(names, "…")
			break
		}
		names = append(names, t.Slug)
	}
	return strings.Join(names, ", ")
}

// member finds a user of a tenant by address or id.
func (d *desk) member(ctx context.Context, s *identity.Service, t tenant.Tenant, who string) (httpapi.User, error) {
	if who == "" {
		return httpapi.User{}, misuse("say who with --user EMAIL")
	}
	all, err := s.Users(ctx, identity.Operator(t.ID))
	if err != nil {
		return httpapi.User{}, err
	}
	for _, u := range all {
		if strings.EqualFold(u.Email, who) || u.ID == who {
			return u, nil
		}
	}
	return httpapi.User{}, fmt.Errorf("the tenant %s has no member %q", t.Slug, who)
}

// list prints rows as a table, or items as JSON.
func list[T any](d *desk, items []T, header string, row func(T) string) error {
	if d.asJSON {
		return printJSON(d.stdout, items)
	}
	table := tabwriter.NewWriter(d.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, header)
	for _, item := range items {
		fmt.Fprintln(table, row(item))
	}
	return table.Flush()
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
