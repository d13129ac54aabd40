package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"nexusai/backend/catalog"
	"nexusai/backend/egress"
	"nexusai/server/fleet"
	"nexusai/server/tenant"
)

func apply(flags *flag.FlagSet) action {
	slug := flags.String("tenant", "", "the tenant's slug; the file may name it, too")
	file := flags.String("f", "", "the YAML file; - is standard input (required)")
	return func(ctx context.Context, d *desk) error {
		f, t, doc, err := d.declared(ctx, "apply", *slug, *file)
		if err != nil {
			return err
		}
		changes, err := f.Apply(ctx, t.ID, doc)
		if err != nil {
			return fmt.Errorf("%s: %w", *file, err)
		}
		for _, change := range changes {
			fmt.Fprintln(d.stdout, change)
		}
		if len(changes) == 0 {
			fmt.Fprintln(d.stdout, "nothing to change")
		}
		return nil
	}
}

// declared reads a file and opens the fleet of the tenant that it, or the command
// line, names.
func (d *desk) declared(ctx context.Context, command, slug, file string) (*fleet.Fleet, tenant.Tenant, []byte, error) {
	if file == "" {
		return nil, tenant.Tenant{}, nil, misuse("%s needs -f FILE", command)
	}
	doc, err := d.read(file)
	if err != nil {
		return nil, tenant.Tenant{}, nil, err
	}
	named, err := fleet.Tenant(doc)
	if err != nil {
		return nil, tenant.Tenant{}, nil, fmt.Errorf("%s: %w", file, err)
	}
	if slug == "" {
		slug = named
	}
	_, t, err := d.tenant(ctx, slug)
	if err != nil {
		return nil, t, nil, err
	}
	f, err := d.fleet()
	return f, t, doc, err
}

const largestFile = 1 << 20

func (d *desk) read(name string) ([]byte, error) {
	in := d.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read the models file: %w", err)
		}
		defer f.Close()
		in = f
	}
	doc, err := io.ReadAll(io.LimitReader(in, largestFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the models file: %w", err)
	}
	if len(doc) > largestFile {
		return nil, fmt.Errorf("%s is larger than a megabyte", name)
	}
	return doc, nil
}

func (d *desk) fleet() (*fleet.Fleet, error) {
	keys, err := d.keyring()
	if err != nil {
		return nil, err
	}
	prices, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	outgoing, err := egress.New(egress.Config{Allow: egress.SplitAllow(d.get("allow_net"))})
	if err != nil {
		return nil, err
	}
	return fleet.New(fleet.Config{DB: d.open.Store(), Keys: keys, Catalog: prices, Egress: outgoing, Log: d.log()})
}
