package fleet

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/catalog"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

const maxDeployments = 500 // of one provider

// Deployments lists everything that the tenant's providers serve.
func (f *Fleet) Deployments(ctx context.Context, tenant string, health Health) ([]httpapi.Deployment, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := []httpapi.Deployment{}
	for _, p := range s.vendors {
		for _, d := range f.serves(p) {
			out = append(out, f.showDeployment(s, p, d, health))
		}
	}
	return out, nil
}

// AddDeployment offers a provider's model.
func (f *Fleet) AddDeployment(ctx context.Context, tenant string, actor audit.Actor, n httpapi.NewDeployment) (httpapi.Deployment, error) {
	d := &deployment{id: newID(), model: n.Model, upstream: n.Upstream, kind: n.Kind, enabled: true, weight: 1}
	if d.upstream == "" {
		d.upstream = d.model
	}
	if d.kind == "" {
		d.kind = f.usualKind(d.upstream)
	}
	err := f.write(ctx, tenant, func(tx pgx.Tx) error {
		_, p, err := locked(ctx, tx, tenant, n.ProviderID)
		if err != nil {
			return err
		}
		if p.kind == kindLocal {
			return fault.New(fault.BadRequest, "What the built-in provider serves is what its engine has.", nil).At("body.provider_id")
		}
		if len(p.deployments) >= maxDeployments {
			return fault.New(fault.Conflict, "The provider has as many deployments as it can have.", nil)
		}
		facts := d.merge(n.DeploymentPatch)
		if err := d.check("body"); err != nil {
			return err
		}
		if err := saveDeployments(ctx, tx, tenant, p.id, p.deployments, append(slices.Clone(p.deployments), d)); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "deployment.created", d.id, p.name+" · "+d.model, facts))
	})
	if err != nil {
		return httpapi.Deployment{}, err
	}
	return f.oneDeployment(ctx, tenant, d.id)
}

// usualKind is what the catalogue says that a model is for. A reranker must be
// told from others: any model gives scores, and they mean nothing.
func (f *Fleet) usualKind(upstream string) string {
	if f.Catalog.Reranks(upstream) {
		return string(catalog.Rerank)
	}
	known, _ := f.Catalog.Model(upstream)
	switch known.Kind {
	case catalog.Embedding, catalog.Transcription, catalog.Speech:
		return string(known.Kind)
	}
	return kindChat
}

// ChangeDeployment changes what is present in in.
func (f *Fleet) ChangeDeployment(ctx context.Context, tenant string, actor audit.Actor, id string, in httpapi.DeploymentPatch) (httpapi.Deployment, error) {
	err := f.changeDeployment(ctx, tenant, id, func(tx pgx.Tx, p *vendor, d *deployment) error {
		changed := *d
		facts := changed.merge(in)
		if err := changed.check("body"); err != nil {
			return err
		}
		rows := slices.Clone(p.deployments)
		at := slices.Index(rows, d)
		if at < 0 { // the engine's, which had no row yet
			at, rows = len(rows), append(rows, d)
		}
		rows[at] = &changed
		if err := saveDeployments(ctx, tx, tenant, p.id, p.deployments, rows); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "deployment.changed", d.id, p.name+" · "+d.model, facts))
	})
	if err != nil {
		return httpapi.Deployment{}, err
	}
	return f.oneDeployment(ctx, tenant, id)
}

// RemoveDeployment offers a model no longer.
func (f *Fleet) RemoveDeployment(ctx context.Context, tenant string, actor audit.Actor, id string) error {
	return f.changeDeployment(ctx, tenant, id, func(tx pgx.Tx, p *vendor, d *deployment) error {
		if p.kind == kindLocal {
			return fault.New(fault.Conflict, "What the built-in provider serves cannot be removed.", nil).WithHint("Disable it instead.")
		}
		rest := slices.DeleteFunc(slices.Clone(p.deployments), func(o *deployment) bool { return o == d })
		if err := saveDeployments(ctx, tx, tenant, p.id, p.deployments, rest); err != nil {
			return err
		}
		return audit.Append(ctx, tx, entry(actor, "deployment.deleted", d.id, p.name+" · "+d.model, nil))
	})
}

func (f *Fleet) changeDeployment(ctx context.Context, tenant, id string, fn func(pgx.Tx, *vendor, *deployment) error) error {
	return f.write(ctx, tenant, func(tx pgx.Tx) error {
		s, err := readSnapshot(ctx, tx, tenant)
		if err != nil {
			return fmt.Errorf("read the fleet: %w", err)
		}
		p, d := f.findDeployment(s, id)
		if d == nil {
			return noDeployment()
		}
		return fn(tx, p, d)
	})
}

func noDeployment() error { return fault.New(fault.NotFound, "There is no such deployment.", nil) }

func (f *Fleet) findDeployment(s *snapshot, id string) (*vendor, *deployment) {
	id = strings.ToLower(id)
	for _, p := range s.vendors {
		for _, d := range f.serves(p) {
			if d.id == id {
				return p, d
			}
		}
	}
	return nil, nil
}

func (f *Fleet) oneDeployment(ctx context.Context, tenant, id string) (httpapi.Deployment, error) {
	s, err := f.snapshot(ctx, tenant)
	if err != nil {
		return httpapi.Deployment{}, err
	}
	p, d := f.findDeployment(s, id)
	if d == nil {
		return httpapi.Deployment{}, noDeployment()
	}
	return f.showDeployment(s, p, d, nil), nil
}

// merge puts in into d and returns what changed, in words fit for the audit.
func (d *deployment) merge(in httpapi.DeploymentPatch) map[string]string {
	facts := map[string]string{}
	if in.Enabled != nil {
		d.enabled = *in.Enabled
		facts["enabled"] = strconv.FormatBool(d.enabled)
	}
	if in.Region != nil {
		d.region = strings.TrimSpace(*in.Region)
		facts["region"] = d.region
	}
	if in.Weight != nil {
		d.weight = *in.Weight
		facts["weight"] = strconv.Itoa(d.weight)
	}
	if in.Priority != nil {
		d.priority = *in.Priority
		facts["priority"] = strconv.Itoa(d.priority)
	}
	if in.Deadlines != nil {
		d.deadlines = *in.Deadlines
		facts["deadlines"] = fmt.Sprintf("connect %d ms, first token %d ms, between tokens %d ms", d.deadlines.ConnectMS, d.deadlines.FirstTokenMS, d.deadlines.BetweenTokensMS)
	}
	if in.Overrides != nil {
		d.overrides = *in.Overrides
		facts["overrides"] = "replaced"
	}
	return facts
}

// check refuses what cannot be stored or shown. The contract checks ranges, but
// not what a file says.
func (d *deployment) check(at string) error {
	switch {
	case !name(d.model) || !name(d.upstream):
		return fault.New(fault.BadRequest, "A model needs a name that can be shown, without spaces around it.", nil).At(at)
	case !slices.Contains(kinds, d.kind):
		return fault.New(fault.BadRequest, "A model is for chat, embedding, transcription, speech or rerank.", nil).At(at + ".kind")
	case !shown(d.region) || len(d.region) > 40:
		return fault.New(fault.BadRequest, "A region is a short text that can be shown.", nil).At(at + ".region")
	case d.weight < 1 || d.weight > 1000:
		return fault.New(fault.BadRequest, "A weight is between 1 and 1000.", nil).At(at + ".weight")
	case d.priority < 0 || d.priority > 100:
		return fault.New(fault.BadRequest, "A priority is between 0 and 100.", nil).At(at + ".priority")
	}
	return nil
}

var kinds = []string{kindChat, kindEmbed, "transcription", "speech", "rerank"}

// name says whether a text can name a model.
func name(text string) bool {
	return text != "" && len(text) <= 200 && strings.TrimSpace(text) == text && shown(text)
}

// models makes p's deployments those of list; one of the same name keeps its
// other settings. A price that differs from the one set by hand is set anew.
func (c change) models(ctx context.Context, p *vendor, list []httpapi.ProviderModel) error {
	want, err := named(p, list)
	if err != nil {
		return err
	}
	if err := saveDeployments(ctx, c.tx, c.tenant, p.id, p.deployments, want); err != nil {
		return err
	}
	p.deployments = want
	for _, m := range list {
		if err := c.modelPrice(ctx, p, m); err != nil {
			return err
		}
	}
	return nil
}

func named(p *vendor, list []httpapi.ProviderModel) ([]*deployment, error) {
	seen := map[string]bool{}
	var want []*deployment
	for i, m := range list {
		at := "body.models." + strconv.Itoa(i)
		if seen[m.ID] {
			return nil, fault.New(fault.BadRequest, "Two models have the same name.", nil).At(at)
		}
		seen[m.ID] = true
		d := &deployment{id: newID(), model: m.ID, enabled: true, weight: 1}
		if i := slices.IndexFunc(p.deployments, func(o *deployment) bool { return o.model == m.ID }); i >= 0 {
			*d = *p.deployments[i]
		}
		d.upstream, d.kind = m.Upstream, m.Kind
		if err := d.check(at); err != nil {
			return nil, err
		}
		want = append(want, d)
	}
	return want, nil
}
