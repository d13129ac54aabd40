package fleet

import (
	"bytes"
	"context"
	"crypto/subtle"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/server/audit"
)

// maxKeyFile bounds a file that a key is read from.
const maxKeyFile = 64 << 10

// Tenant returns the slug that a models.yaml names, or empty.
func Tenant(doc []byte) (string, error) {
	d, err := parse(doc)
	return d.tenant, err
}

// Apply makes a tenant's declared providers and aliases those of the file, in
// one transaction, and returns a sentence for each thing that changed; applying
// the same file again changes nothing. Providers that the file does not name
// are removed if an earlier file declared them; what people made in the console
// stays, unless the file has a provider of the same name, which it takes over.
// Errors name the line.
func (f *Fleet) Apply(ctx context.Context, tenant string, doc []byte) ([]string, error) {
	want, err := parse(doc)
	if err != nil {
		return nil, err
	}
	keys := map[string]string{}
	for _, d := range want.providers {
		if keys[d.name], err = d.key.read(); err != nil {
			return nil, err
		}
		if err := f.Egress.CheckURL(d.baseURL); err != nil {
			return nil, fmt.Errorf("line %d: %s %w", d.line, fault.From(err).Safe, err)
		}
	}
	var changes []string
	err = f.DB.Tenant(ctx, tenant, func(tx pgx.Tx) error {
		changes = nil
		if err := insertBuiltin(ctx, tx, tenant); err != nil { // also makes other changes wait
			return err
		}
		have, err := readSnapshot(ctx, tx, tenant)
		if err != nil {
			return err
		}
		a := application{f: f, tx: tx, tenant: tenant, have: have}
		if err := a.providers(ctx, want.providers, keys); err != nil {
			return err
		}
		if err := a.aliases(ctx, want.aliases); err != nil {
			return err
		}
		changes = a.changes
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("apply the providers: %w", err)
	}
	f.forget(tenant)
	return changes, nil
}

// read fetches the secret; an empty one is an error.
func (r reference) read() (string, error) {
	switch {
	case r.env != "":
		key := strings.TrimSpace(os.Getenv(r.env))
		if key == "" {
			return "", fmt.Errorf("line %d: the environment variable %s is empty", r.line, r.env)
		}
		return key, nil
	case r.file != "":
		info, err := os.Stat(r.file)
		if err != nil || info.Size() > maxKeyFile {
			return "", fmt.Errorf("line %d: the key file %s cannot be read or is over %d bytes", r.line, r.file, maxKeyFile)
		}
		data, err := os.ReadFile(r.file)
		key := string(bytes.TrimSpace(data))
		if err != nil || key == "" {
			return "", fmt.Errorf("line %d: the key file %s cannot be read or is empty", r.line, r.file)
		}
		return key, nil
	}
	return "", nil
}

// application is one Apply inside its transaction.
type application struct {
	f       *Fleet
	tx      pgx.Tx
	tenant  string
	have    *snapshot
	changes []string
}

func (a *application) providers(ctx context.Context, want []declared, keys map[string]string) error {
	named := map[string]bool{}
	for _, d := range want {
		named[d.name] = true
		i := slices.IndexFunc(a.have.providers, func(p *provider) bool { return p.name == d.name })
		var err error
		if i < 0 {
			err = a.create(ctx, d, keys[d.name])
		} else {
			err = a.change(ctx, a.have.providers[i], d, keys[d.name])
		}
		if err != nil {
			return fmt.Errorf("line %d: provider %q: %w", d.line, d.name, err)
		}
	}
	for _, p := range a.have.providers {
		if p.source != sourceFile || named[p.name] {
			continue
		}
		if err := remove(ctx, a.tx, a.tenant, p.id); err != nil {
			return err
		}
		if err := a.done(ctx, "provider.deleted", p, "removed provider %q", p.name); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) create(ctx context.Context, d declared, key string) error {
	p := &provider{id: uuid.Must(uuid.NewV7()).String(), kind: "openai", source: sourceFile, name: d.name, enabled: d.enabled, models: d.models}
	if err := a.f.setAddress(p, d.baseURL, true); err != nil {
		return err
	}
	if err := a.f.setKey(a.tenant, p, key); err != nil {
		return err
	}
	if err := insert(ctx, a.tx, a.tenant, p); err != nil {
		return err
	}
	return a.done(ctx, "provider.created", p, "added provider %q with %d models", p.name, len(p.models))
}

func (a *application) change(ctx context.Context, p *provider, d declared, key string) error {
	if p.kind == kindLocal {
		return fault.New(fault.Conflict, "this is the name of the built-in provider", nil)
	}
	var parts []string
	note := func(part string, differs bool) bool {
		if differs {
			parts = append(parts, part)
		}
		return differs
	}
	if note("source", p.source != sourceFile) {
		p.source = sourceFile
	}
	if note("address", p.baseURL != strings.TrimRight(d.baseURL, "/")) {
		if err := a.f.setAddress(p, d.baseURL, true); err != nil {
			return err
		}
	}
	old, err := a.f.open(a.tenant, p)
	if note("key", err != nil || subtle.ConstantTimeCompare([]byte(old), []byte(key)) == 0) {
		if err := a.f.setKey(a.tenant, p, key); err != nil {
			return err
		}
	}
	if note("enabled", p.enabled != d.enabled) {
		p.enabled = d.enabled
	}
	if note("models", !sameModels(p.models, d.models)) {
		p.models = d.models
	}
	if len(parts) == 0 {
		return nil
	}
	if err := update(ctx, a.tx, a.tenant, p); err != nil {
		return err
	}
	return a.done(ctx, "provider.changed", p, "changed provider %q: %s", p.name, strings.Join(parts, ", "))
}

func sameModels(a, b []httpapi.ProviderModel) bool {
	return slices.EqualFunc(a, b, func(x, y httpapi.ProviderModel) bool { return reflect.DeepEqual(x, y) })
}

const (
	deleteAliases = `delete from model_alias where tenant_id = $1`
	insertAlias   = `insert into model_alias (tenant_id, alias, model) values ($1, $2, $3)`
)

func (a *application) aliases(ctx context.Context, want map[string]string) error {
	if maps.Equal(a.have.aliases, want) {
		return nil
	}
	var batch pgx.Batch
	batch.Queue(deleteAliases, a.tenant)
	for _, alias := range slices.Sorted(maps.Keys(want)) {
		batch.Queue(insertAlias, a.tenant, alias, want[alias])
	}
	if err := a.tx.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("store aliases: %w", err)
	}
	return a.done(ctx, "aliases.changed", &provider{name: "aliases"}, "set %d aliases", len(want))
}

// done notes a change for the operator and for the audit.
func (a *application) done(ctx context.Context, action string, p *provider, format string, args ...any) error {
	sentence := fmt.Sprintf(format, args...)
	a.changes = append(a.changes, sentence)
	return audit.Append(ctx, a.tx, entry(audit.Operator, action, p, map[string]string{"change": sentence}))
}
