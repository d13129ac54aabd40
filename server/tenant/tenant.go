// Package tenant makes and finds tenants.
package tenant

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"

	"nexusai/backend/fault"
	"nexusai/server/store"
)

// Tenant is a customer's isolated space.
type Tenant struct {
	ID        string
	Slug      string // in URLs and on the command line; unique
	Name      string
	CreatedAt time.Time
}

var slugForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`) // as the table checks it

// New is a tenant that is not stored yet. An empty slug is made from the name.
// A name or slug that cannot be is fault.BadRequest.
func New(name, slug string) (Tenant, error) {
	name = strings.TrimSpace(norm.NFC.String(strings.ToValidUTF8(name, "")))
	if name == "" || len([]rune(name)) > 200 || strings.ContainsFunc(name, unicode.IsControl) {
		return Tenant{}, fault.New(fault.BadRequest, "The tenant's name needs 1 to 200 characters that can be shown.", nil).At("name")
	}
	if slug == "" {
		slug = Slug(name)
	}
	if !slugForm.MatchString(slug) {
		return Tenant{}, fault.New(fault.BadRequest, "The slug needs 1 to 63 of a-z, 0-9 and inner hyphens.", nil).At("slug")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Tenant{}, fmt.Errorf("make a tenant id: %w", err)
	}
	return Tenant{ID: id.String(), Slug: slug, Name: name}, nil
}

// Slug makes "acme-gmbh-sao-paulo" of "Acme GmbH, São Paulo": letters lose
// their accents, everything else becomes a hyphen. It may be empty.
func Slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // an accent, taken off its letter by NFKD
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	return strings.Trim(slug[:min(len(slug), 63)], "-")
}

const insertTenant = `insert into tenant (id, slug, name) values ($1, $2, $3)`

// Insert stores t in a transaction that has entered t.ID (store.DB.Tenant).
// fault.Conflict when the slug is taken.
func Insert(ctx context.Context, tx pgx.Tx, t Tenant) error {
	_, err := tx.Exec(ctx, insertTenant, t.ID, t.Slug, t.Name)
	if store.Violates(err, "tenant_slug_key") {
		return fault.New(fault.Conflict, "There is a tenant with this slug already.", err).At("slug")
	}
	if err != nil {
		return fmt.Errorf("insert a tenant: %w", err)
	}
	return nil
}

const readTenant = `select id::text, slug::text, name, created_at from tenant`

// BySlug finds a tenant; fault.NotFound when there is none.
func BySlug(ctx context.Context, db *store.DB, slug string) (t Tenant, err error) {
	var id *string
	err = db.System(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select nexus.tenant_by_slug($1)::text`, slug).Scan(&id)
	})
	if err != nil {
		return t, fmt.Errorf("look up a tenant: %w", err)
	}
	if id == nil {
		return t, fault.New(fault.NotFound, "There is no tenant with this slug.", nil)
	}
	return ByID(ctx, db, *id)
}

// ByID reads a tenant; fault.NotFound when there is none.
func ByID(ctx context.Context, db *store.DB, id string) (t Tenant, err error) {
	err = db.TenantRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, readTenant)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Tenant])
		if err == nil && len(all) == 0 {
			return fault.New(fault.NotFound, "There is no such tenant.", nil)
		}
		if err == nil {
			t = all[0]
		}
		return err
	})
	if err != nil {
		return t, fmt.Errorf("read a tenant: %w", err)
	}
	t.CreatedAt = t.CreatedAt.UTC()
	return t, nil
}

// All are the tenants in the order in which they were made; for maintenance.
func All(ctx context.Context, db *store.DB) (all []Tenant, err error) {
	var ids []string
	err = db.System(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id::text from nexus.tenant_ids() as t(id)`)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	for _, id := range ids {
		t, err := ByID(ctx, db, id)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}
