package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
	"nexusai/server/content"
)

func contentsDelete(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	holder := flags.String("holder", "", "the id of a user or a key: only of their calls")
	all := flags.Bool("all", false, "of everybody")
	return func(ctx context.Context, d *desk) error {
		if (*holder == "") != *all {
			return misuse("contents delete needs --holder ID or --all: it cannot be undone")
		}
		if *holder != "" && uuid.Validate(*holder) != nil {
			return misuse("--holder is an id, as user list and key list show it")
		}
		_, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		var n content.Erased
		err = d.open.Store().Tenant(ctx, t.ID, func(tx pgx.Tx) error {
			n, err = content.Erase(ctx, tx, t.ID, audit.Operator, time.Now(), *holder)
			return err
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(d.stdout, "deleted what was stored of %d calls, and %d responses\n", n.Calls, n.Responses)
		return err
	}
}
