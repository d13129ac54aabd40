package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
)

// maxKeyFile bounds a file that a key is read from.
const maxKeyFile = 64 << 10

// Tenant returns the slug that a file names, or empty.
func Tenant(doc []byte) (string, error) {
	d, err := parse(doc)
	return d.tenant, err
}

// Apply makes what files declare for a tenant that of this file, in one
// transaction, and returns a sentence for each thing that changed; applying the
// same file again changes nothing. What the file does not name is removed if an
// earlier file declared it; what people made in the console stays, unless the
// file has something of the same name, which it takes over. Errors name the line.
func (f *Fleet) Apply(ctx context.Context, tenant string, doc []byte) ([]string, error) {
	changes, err := f.apply(ctx, tenant, doc, false)
	if err != nil {
		return nil, err
	}
	f.forget(tenant)
	return changes, nil
}

// Diff says what Apply would change, and changes nothing. A secret that cannot
// be read here counts as unchanged.
func (f *Fleet) Diff(ctx context.Context, tenant string, doc []byte) ([]string, error) {
	return f.apply(ctx, tenant, doc, true)
}

// errUndo ends the transaction of a Diff.
var errUndo = errors.New("nothing is to be kept")

func (f *Fleet) apply(ctx context.Context, tenant string, doc []byte, dry bool) ([]string, error) {
	want, err := parse(doc)
	if err != nil {
		return nil, err
	}
	secrets := map[reference]string{}
	for _, d := range want.providers {
		if err := f.readSecrets(d, secrets, dry); err != nil {
			return nil, err
		}
		if d.want.kind == kindLocal {
			continue
		}
		if err := f.Egress.CheckURL(d.want.baseURL); err != nil {
			return nil, fmt.Errorf("line %d: provider %q: %w", d.line, d.want.name, err)
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
		a := application{change: change{f: f, tx: tx, tenant: tenant, actor: audit.Operator, snap: have}, secrets: secrets}
		if err := a.run(ctx, want); err != nil {
			return err
		}
		changes = a.changes
		if dry {
			return errUndo
		}
		return nil
	})
	if err != nil && (!dry || !errors.Is(err, errUndo)) {
		return nil, fmt.Errorf("apply the file: %w", err)
	}
	return changes, nil
}

// readSecrets fetches what d refers to. To compare, what cannot be read is
// left out.
func (f *Fleet) readSecrets(d declared, into map[reference]string, compare bool) error {
	for _, k := range d.keys {
		secret, err := k.ref.read()
		if err != nil && compare {
			continue
		}
		if err != nil {
			return err
		}
		if !k.ref.stored {
			into[k.ref] = secret
		}
	}
	return nil
}

// read fetches the secret; an empty one is an error.
func (r reference) read() (string, error) {
	switch {
	case r.env != "":
		key := strings.TrimSpace(os.Getenv(r.env))
		if key == "" {
			return "", fmt.Errorf("line %d: the environment variable %s is empty", r.line, r.env)
		}
		return r.clean(key)
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
		return r.clean(key)
	}
	return "", nil
}

func (r reference) clean(key string) (string, error) {
	if !shown(key) {
		return "", fmt.Errorf("line %d: the key holds a line break or another control character", r.line)
	}
	return key, nil
}

// application is one Apply inside its transaction.
type application struct {
	change
	secrets map[reference]string
	changes []string
}

func (a *application) run(ctx context.Context, want document) error {
	if err := a.providers(ctx, want.providers); err != nil {
		return err
	}
	if err := a.aliases(ctx, want.aliases); err != nil {
		return err
	}
	if err := a.prices(ctx, want.prices); err != nil {
		return err
	}
	if err := a.teams(ctx, want.teams); err != nil {
		return err
	}
	if err := a.limits(ctx, want.limits); err != nil {
		return err
	}
	if err := a.budgets(ctx, want.budgets); err != nil {
		return err
	}
	if err := a.contents(ctx, want.contents); err != nil {
		return err
	}
	if want.routing == nil || same(a.snap.policy.show(), want.routing.show()) {
		return nil
	}
	if err := savePolicy(ctx, a.tx, a.tenant, *want.routing); err != nil {
		return err
	}
	return a.done(ctx, "routing.changed", "", "routing", "changed the routing policy")
}

func (a *application) aliases(ctx context.Context, want []*alias) error {
	named := map[string]bool{}
	for _, w := range want {
		named[w.name] = true
		have := a.snap.aliases[w.name]
		if have != nil && same(have.show(), w.show()) {
			continue
		}
		if err := saveAlias(ctx, a.tx, a.tenant, w); err != nil {
			return err
		}
		verb := "changed"
		if have == nil {
			verb = "added"
		}
		if err := a.done(ctx, "alias.saved", "", w.name, "%s alias %q", verb, w.name); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.snap.aliases)) {
		if named[name] || a.snap.aliases[name].source != sourceFile {
			continue
		}
		if err := removeAlias(ctx, a.tx, a.tenant, name); err != nil {
			return err
		}
		if err := a.done(ctx, "alias.deleted", "", name, "removed alias %q", name); err != nil {
			return err
		}
	}
	return nil
}

// prices adds those that are not there yet; what was set stays in the history.
func (a *application) prices(ctx context.Context, want []declaredPrice) error {
	for _, w := range want {
		i := slices.IndexFunc(a.snap.vendors, func(p *vendor) bool { return p.name == w.provider })
		if i < 0 {
			return fmt.Errorf("line %d: there is no provider %q", w.line, w.provider)
		}
		p := a.snap.vendors[i]
		of, o := priced{p.id, w.upstream}, override{from: w.from, withdrawn: w.rates == nil}
		if w.rates != nil {
			o.rates = *w.rates
		}
		there := slices.ContainsFunc(a.snap.prices[of], func(h override) bool {
			return h.from.Equal(o.from) && h.withdrawn == o.withdrawn && same(h.rates, o.rates)
		})
		if there {
			continue
		}
		if o.from.Before(a.f.Now().Add(-slack)) {
			return fmt.Errorf("line %d: a price cannot begin in the past: what was booked stays booked", w.line)
		}
		if err := a.price(ctx, p, of, o); err != nil {
			return fmt.Errorf("line %d: %w", w.line, err)
		}
		a.changes = append(a.changes, fmt.Sprintf("set the price of %q at %q from %s", w.upstream, w.provider, w.from.Format("2006-01-02 15:04 MST")))
	}
	return nil
}

// done notes a change for the operator and for the audit.
func (a *application) done(ctx context.Context, action, id, name, format string, args ...any) error {
	sentence := fmt.Sprintf(format, args...)
	a.changes = append(a.changes, sentence)
	return audit.Append(ctx, a.tx, entry(audit.Operator, action, id, name, map[string]string{"change": sentence}))
}
