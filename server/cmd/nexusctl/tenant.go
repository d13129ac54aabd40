package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	"nexusai/server/identity"
	"nexusai/server/store/database"
	"nexusai/server/tenant"
)

func migrate(*flag.FlagSet) action {
	return func(ctx context.Context, d *desk) error {
		if err := d.makeFolder(); err != nil {
			return err
		}
		return database.Migrate(ctx, d.databaseConfig())
	}
}

func tenantCreate(flags *flag.FlagSet) action {
	name := flags.String("name", "", "the tenant's name (required)")
	slug := flags.String("slug", "", "its short name in addresses and on the command line; made from the name")
	owner := flags.String("owner", "", "the first owner's address (required)")
	ownerName := flags.String("owner-name", "", "and name")
	setup := flags.Bool("setup-link", false, "read no password, but print a link where the owner chooses one")
	return func(ctx context.Context, d *desk) error {
		if *name == "" || *owner == "" {
			return misuse("tenant create needs --name and --owner")
		}
		t, err := tenant.New(*name, *slug)
		if err != nil {
			return err
		}
		first := identity.FirstOwner{Email: *owner, Name: *ownerName}
		if !*setup {
			if first.Password, err = readPassword(d.stdin, d.stderr); err != nil {
				return err
			}
		}
		if err := d.makeFolder(); err != nil {
			return err
		}
		link, err := d.found(ctx, t, first)
		if err != nil {
			return err
		}
		if *setup {
			_, err = fmt.Fprintln(d.stdout, link.URL)
			return err
		}
		_, err = fmt.Fprintln(d.stdout, t.Slug)
		return err
	}
}

// found makes tenant and owner together or not at all.
func (d *desk) found(ctx context.Context, t tenant.Tenant, first identity.FirstOwner) (link httpapi.Link, err error) {
	s, err := d.identity(ctx)
	if err != nil {
		return link, err
	}
	first, phc, err := s.Prepare(ctx, first)
	if err != nil {
		return link, err
	}
	err = d.open.Store().Tenant(ctx, t.ID, func(tx pgx.Tx) error {
		if err := tenant.Insert(ctx, tx, t); err != nil {
			return err
		}
		link, err = s.AddOwner(ctx, tx, t.ID, first, phc)
		return err
	})
	return link, err
}

// readPassword takes one line. At a terminal it asks for it and does not show it.
func readPassword(in io.Reader, ask io.Writer) (string, error) {
	if f, ok := in.(*os.File); ok {
		show := hideTyping(f)
		if show != nil {
			fmt.Fprint(ask, "Password: ")
			defer fmt.Fprintln(ask)
			defer show()
		}
	}
	line, err := bufio.NewReader(io.LimitReader(in, 8<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", misuse("the password is read from standard input, and there is none")
	}
	return line, nil
}

func tenantList(*flag.FlagSet) action {
	return func(ctx context.Context, d *desk) error {
		if err := d.checkData(); err != nil {
			return err
		}
		db, err := d.db(ctx)
		if err != nil {
			return err
		}
		all, err := tenant.All(ctx, db)
		if err != nil {
			return err
		}
		return list(d, all, "SLUG\tNAME\tMADE", func(t tenant.Tenant) string {
			return t.Slug + "\t" + t.Name + "\t" + t.CreatedAt.Format(time.DateTime)
		})
	}
}
