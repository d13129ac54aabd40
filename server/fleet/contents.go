package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"go.yaml.in/yaml/v3"

	"nexusai/server/audit"
	"nexusai/server/content"
	"nexusai/server/policy"
	"nexusai/server/tenant"
)

// parseContents reads what is to be kept of calls; what it does not say is as
// for a tenant that decided nothing.
func (doc *document) parseContents(n *yaml.Node) error {
	fields, err := members(n, "keep", "responses", "days", "readers")
	if err != nil {
		return err
	}
	want := tenant.Settings{}.Kept()
	if want.Keep, err = flag(fields["keep"], want.Keep); err != nil {
		return err
	}
	if want.Responses, err = flag(fields["responses"], want.Responses); err != nil {
		return err
	}
	days, err := number(fields["days"], int64(want.Days), 1, tenant.MostDays)
	if err != nil {
		return err
	}
	want.Days = int(days)
	if readers := fields["readers"]; readers != nil {
		if want.Readers, err = texts(readers); err != nil {
			return err
		}
		unfit := slices.ContainsFunc(want.Readers, func(role string) bool { return !policy.MayReadContents(role) })
		if unfit || len(want.Readers) == 0 {
			return wrong(readers, "readers are one or more of %s", strings.Join(policy.MayBeReaders(), ", "))
		}
	}
	doc.contents = &want
	return nil
}

// contents decides; its own package writes the audit.
func (a *application) contents(ctx context.Context, want *tenant.Contents) error {
	if want == nil {
		return nil
	}
	now, changed, err := content.SetPolicy(ctx, a.tx, audit.Operator, a.f.Now(), *want)
	if err != nil {
		return fmt.Errorf("decide what is kept of calls: %w", err)
	}
	if !changed {
		return nil
	}
	what := "prompts and answers are not kept"
	if now.Keep {
		what = fmt.Sprintf("prompts and answers are kept for %d days, for %s", now.Days, strings.Join(now.Readers, ", "))
	}
	if now.Responses {
		what += fmt.Sprintf("; responses are kept for %d days to go on from", now.Days)
	}
	a.say("%s", what)
	return nil
}

// exportContents is nil for a tenant that decided nothing.
func exportContents(ctx context.Context, tx pgx.Tx) (*entries, error) {
	settings, err := tenant.ReadSettings(ctx, tx)
	if err != nil || settings.Contents == nil {
		return nil, err
	}
	out := mapping()
	out.put("keep", settings.Contents.Keep, false)
	out.put("responses", settings.Contents.Responses, false)
	out.put("days", settings.Contents.Days, false)
	out.put("readers", settings.Contents.Readers, false)
	return out, nil
}
