package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"nexusai/backend/httpapi"
	"nexusai/server/identity"
)

func keyCreate(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	name := flags.String("name", "", "what the key is for (required)")
	scopes := flags.String("scopes", "models.use", "what it may do, by commas: models.use, logs.read")
	models := flags.String("models", "", "the only models it may use, by commas; x* is all that begin with x; empty: any")
	private := flags.Bool("private", false, "never keep what is asked and answered with it, whatever the tenant's policy says")
	expires := flags.Duration("expires", 0, "how long it works, as 720h; 0: until it is revoked")
	return func(ctx context.Context, d *desk) error {
		if *name == "" {
			return misuse("key create needs --name")
		}
		if *expires < 0 {
			return misuse("--expires is a time from now on, as 720h")
		}
		s, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		ask := httpapi.NewKey{Name: *name, Private: *private}
		for scope := range strings.SplitSeq(*scopes, ",") {
			if scope = strings.TrimSpace(scope); scope != "" {
				ask.Scopes = append(ask.Scopes, scope)
			}
		}
		for model := range strings.SplitSeq(*models, ",") {
			if model = strings.TrimSpace(model); model != "" {
				ask.Models = append(ask.Models, model)
			}
		}
		if *expires > 0 {
			at := time.Now().Add(*expires)
			ask.ExpiresAt = &at
		}
		made, err := s.CreateKey(ctx, identity.Operator(t.ID), ask)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(d.stdout, made.Secret)
		return err
	}
}

func keyList(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	return func(ctx context.Context, d *desk) error {
		s, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		all, err := s.Keys(ctx, identity.Operator(t.ID))
		if err != nil {
			return err
		}
		return list(d, all, "PREFIX\tNAME\tSCOPES\tBY\tMADE\tEXPIRES\tUSED\tREVOKED\tID", func(k httpapi.Key) string {
			return strings.Join([]string{
				k.Prefix, k.Name, strings.Join(k.Scopes, " "), k.CreatedBy, moment(&k.CreatedAt), moment(k.ExpiresAt), moment(k.UsedAt), moment(k.RevokedAt), k.ID,
			}, "\t")
		})
	}
}

func keyRevoke(flags *flag.FlagSet) action {
	slug := tenantFlag(flags)
	which := flags.String("key", "", "the key's id, prefix or name (required)")
	return func(ctx context.Context, d *desk) error {
		if *which == "" {
			return misuse("key revoke needs --key")
		}
		s, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		all, err := s.Keys(ctx, identity.Operator(t.ID))
		if err != nil {
			return err
		}
		var fit []httpapi.Key
		for _, k := range all {
			if k.ID == *which || k.RevokedAt == nil && (k.Prefix == *which || k.Name == *which) {
				fit = append(fit, k)
			}
		}
		switch len(fit) {
		case 0:
			return fmt.Errorf("the tenant %s has no key %q", t.Slug, *which)
		case 1:
			return s.RevokeKey(ctx, identity.Operator(t.ID), fit[0].ID)
		}
		return misuse("%d keys are called %q: name one by its id", len(fit), *which)
	}
}
