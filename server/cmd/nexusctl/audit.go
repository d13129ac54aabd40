package main

import (
	"context"
	"flag"
	"fmt"

	"nexusai/backend/httpapi"
	"nexusai/server/tenant"
)

// finding is one trail's verdict.
type finding struct {
	Tenant string `json:"tenant"`
	httpapi.AuditCheck
	Why string `json:"why,omitempty"`
}

func auditVerify(flags *flag.FlagSet) action {
	slug := flags.String("tenant", "", "one tenant's slug; all of them otherwise")
	return func(ctx context.Context, d *desk) error {
		if err := d.checkData(); err != nil {
			return err
		}
		found, err := d.verify(ctx, *slug)
		if err != nil {
			return err
		}
		err = list(d, found, "TENANT\tVERDICT\tENTRIES\tHEAD", func(f finding) string {
			verdict := "intact"
			if !f.OK {
				verdict = "BROKEN: " + f.Why
			}
			return fmt.Sprintf("%s\t%s\t%d\t%s", f.Tenant, verdict, f.Entries, f.Head)
		})
		for _, f := range found {
			if !f.OK && err == nil {
				err = errNotIntact
			}
		}
		return err
	}
}

func (d *desk) verify(ctx context.Context, slug string) ([]finding, error) {
	trail, err := d.trail(ctx)
	if err != nil {
		return nil, err
	}
	db := d.open.Store()
	var tenants []tenant.Tenant
	found := []finding{}
	if slug != "" {
		t, err := bySlug(ctx, db, slug)
		if err != nil {
			return nil, err
		}
		tenants = append(tenants, t)
	} else {
		if tenants, err = tenant.All(ctx, db); err != nil {
			return nil, err
		}
		missing, err := trail.Missing(ctx)
		if err != nil {
			return nil, err
		}
		for _, id := range missing {
			found = append(found, finding{Tenant: id, Why: "the exported heads know this tenant, the database does not"})
		}
	}
	for _, t := range tenants {
		v, err := trail.Verify(ctx, t.ID)
		if err != nil {
			return nil, fmt.Errorf("verify the trail of %s: %w", t.Slug, err)
		}
		found = append(found, finding{Tenant: t.Slug, AuditCheck: v.AuditCheck, Why: v.Why})
	}
	return found, nil
}
