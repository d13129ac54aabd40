package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
)

// errDiffers is how diff says so: its lines say the rest.
var errDiffers = errors.New("the file and the server differ")

func diff(flags *flag.FlagSet) action {
	slug := flags.String("tenant", "", "the tenant's slug; the file may name it, too")
	file := flags.String("f", "", "the YAML file; - is standard input (required)")
	return func(ctx context.Context, d *desk) error {
		f, t, doc, err := d.declared(ctx, "diff", *slug, *file)
		if err != nil {
			return err
		}
		changes, err := f.Diff(ctx, t.ID, doc)
		if err != nil {
			return fmt.Errorf("%s: %w", *file, err)
		}
		for _, change := range changes {
			fmt.Fprintln(d.stdout, change)
		}
		if len(changes) > 0 {
			return errDiffers
		}
		return nil
	}
}

func export(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	return func(ctx context.Context, d *desk) error {
		_, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		f, err := d.fleet()
		if err != nil {
			return err
		}
		doc, err := f.Export(ctx, t.ID, t.Slug)
		if err != nil {
			return err
		}
		_, err = d.stdout.Write(doc)
		return err
	}
}
