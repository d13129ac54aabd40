package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/ledger"
	"nexusai/server/store"
	"nexusai/server/tenant"
)

var errNotTrue = errors.New("the ledger is not true")

// verdict is one tenant's ledger.
type verdict struct {
	Tenant string `json:"tenant"`
	OK     bool   `json:"ok"`
	ledger.Verdict
}

func ledgerVerify(flags *flag.FlagSet) action {
	slug := flags.String("tenant", "", "one tenant's slug; all of them otherwise")
	return func(ctx context.Context, d *desk) error {
		if err := d.checkData(); err != nil {
			return err
		}
		db, err := d.db(ctx)
		if err != nil {
			return err
		}
		tenants, err := tenantsOf(ctx, db, *slug)
		if err != nil {
			return err
		}
		found := []verdict{}
		for _, t := range tenants {
			v, err := ledger.Verify(ctx, db, t.ID)
			if err != nil {
				return fmt.Errorf("verify the ledger of %s: %w", t.Slug, err)
			}
			found = append(found, verdict{t.Slug, v.OK(), v})
		}
		err = list(d, found, "TENANT\tVERDICT\tENTRIES\tATTEMPTS\tSETTLED\tUSAGE AT ITS PRICES", func(v verdict) string {
			word := "true"
			if !v.OK {
				word = fmt.Sprintf("FALSE in %d places", v.Count)
			}
			return fmt.Sprintf("%s\t%s\t%d\t%d\t%s\t%s", v.Tenant, word, v.Entries, v.Attempts, money(v.Settled), money(v.Priced))
		})
		for _, v := range found {
			for _, p := range v.Problems {
				fmt.Fprintf(d.stderr, "%s: %s\n", v.Tenant, p)
			}
			if !v.OK && err == nil {
				err = errNotTrue
			}
		}
		return err
	}
}

func tenantsOf(ctx context.Context, db *store.DB, slug string) ([]tenant.Tenant, error) {
	if slug == "" {
		return tenant.All(ctx, db)
	}
	t, err := bySlug(ctx, db, slug)
	return []tenant.Tenant{t}, err
}

const largestInvoice = 256 << 20

func ledgerReconcile(flags *flag.FlagSet) action {
	slug := flags.String("tenant", "", "the tenant's slug")
	name := flags.String("provider", "", "the provider's name, as the tenant calls it (required)")
	file := flags.String("file", "", "the invoice, with columns "+strings.Join(ledger.InvoiceColumns, ", ")+" in its first line; - is standard input (required)")
	apply := flags.Bool("apply", false, "correct what we had only estimated; where the invoice names days and models instead of requests, in proportion")
	return func(ctx context.Context, d *desk) error {
		if *file == "" || *name == "" {
			return misuse("ledger reconcile needs --provider NAME and a file")
		}
		_, t, err := d.tenant(ctx, *slug)
		if err != nil {
			return err
		}
		lines, err := d.invoice(*file)
		if err != nil {
			return fmt.Errorf("%s: %w", *file, err)
		}
		budgets, db, err := d.budgets(ctx)
		if err != nil {
			return err
		}
		var r ledger.Reconciliation
		err = db.Tenant(ctx, t.ID, func(tx pgx.Tx) error {
			provider, err := providerByName(ctx, tx, t.ID, *name)
			if err != nil {
				return err
			}
			if r, err = ledger.Reconcile(ctx, tx, t.ID, provider, lines); err != nil || !*apply {
				return err
			}
			fresh, err := r.Correct(ctx, tx, t.ID, "invoice "+filepath.Base(*file))
			if err != nil || len(fresh) == 0 {
				return err
			}
			if err := budgets.Spent(ctx, tx, t.ID, fresh); err != nil {
				return err
			}
			return audit.Append(ctx, tx, audit.Entry{
				Actor: audit.Operator, Action: "ledger.corrected", TargetID: provider, Target: *name,
				Facts: map[string]string{"file": filepath.Base(*file), "entries": fmt.Sprint(len(fresh))},
			})
		})
		if err != nil {
			return err
		}
		return d.reconciled(r)
	}
}

func (d *desk) reconciled(r ledger.Reconciliation) error {
	if d.asJSON {
		return printJSON(d.stdout, r)
	}
	if r.Differences == nil {
		r.Differences = []ledger.Difference{}
	}
	counts := map[string]int{}
	err := list(d, r.Differences, "LINE\tWHAT\tDIFFERENCE\tINVOICED\tBOOKED\tNOTE", func(x ledger.Difference) string {
		counts[x.Kind]++
		what, line := cmp.Or(x.RequestID, strings.TrimSpace(x.Day+" "+x.Model), "call "+x.CallID), "–"
		if x.Line > 0 {
			line = strconv.Itoa(x.Line)
		}
		return strings.Join([]string{line, what, kinds[x.Kind], money(x.Invoiced), money(x.Booked), x.Note()}, "\t")
	})
	fmt.Fprintf(d.stdout, "%d lines over %s; booked for them: %s\n", r.Lines, money(r.Invoiced), money(r.Booked))
	fmt.Fprintf(d.stdout, "%d differences: %d in the amount, %d only on the invoice, %d only in the ledger\n",
		len(r.Differences), counts[ledger.Differs], counts[ledger.Unknown], counts[ledger.Unbilled])
	return err
}

// kinds of differences in words.
var kinds = map[string]string{ledger.Differs: "the amount", ledger.Unknown: "only on the invoice", ledger.Unbilled: "only in the ledger"}

func (d *desk) invoice(name string) ([]ledger.InvoiceLine, error) {
	in := d.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, largestInvoice+1))
	if err != nil {
		return nil, fmt.Errorf("read the invoice: %w", err)
	}
	if len(data) > largestInvoice {
		return nil, fmt.Errorf("an invoice has at most %d MB; split it", largestInvoice>>20)
	}
	return ledger.ReadInvoice(bytes.NewReader(data))
}

const selectProvider = `select id::text from provider where tenant_id = $1 and name = $2`

func providerByName(ctx context.Context, tx pgx.Tx, tenantID, name string) (string, error) {
	var id string
	err := tx.QueryRow(ctx, selectProvider, tenantID, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("the tenant has no provider %q", name)
	}
	return id, err
}

// budgets are for what does not spend: their life is nobody's.
func (d *desk) budgets(ctx context.Context) (*budget.Budgets, *store.DB, error) {
	db, err := d.db(ctx)
	if err != nil {
		return nil, nil, err
	}
	b, err := budget.New(budget.Config{DB: db, Log: d.log(), Life: "00000000-0000-0000-0000-000000000000"})
	return b, db, err
}

func money(nano int64) string {
	sign := ""
	if nano < 0 {
		sign, nano = "-", -nano
	}
	return fmt.Sprintf("%s$%d.%09d", sign, nano/1e9, nano%1e9)
}
