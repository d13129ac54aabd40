package ledger

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

const (
	maxLines  = 2_000_000 // of an invoice
	maxAmount = 1e9       // US dollars of one line
)

// InvoiceLine is what a provider asks for one request, or for a model's day.
type InvoiceLine struct {
	Line      int    // in the file, from 1
	RequestID string // the provider's; empty: it is about Day and Model
	Day       time.Time
	Model     string
	Amount    int64 // nano US dollars; negative is a credit
}

// InvoiceColumns are those that ReadInvoice knows, by their names in the first
// line. amount_usd is required, and either request_id or date and model.
var InvoiceColumns = []string{"request_id", "date", "model", "amount_usd"}

// ReadInvoice reads a provider's invoice: comma-separated values whose first
// line names the columns, in any order and case; others are ignored. date is
// YYYY-MM-DD or begins with it, amount_usd a decimal number such as 0.000123.
// Errors name the line.
func ReadInvoice(r io.Reader) ([]InvoiceLine, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("read the invoice's first line: %w", err)
	}
	at := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\uFEFF")))
		if _, twice := at[name]; !twice {
			at[name] = i
		}
	}
	_, hasID := at["request_id"]
	_, hasDate := at["date"]
	_, hasModel := at["model"]
	if _, ok := at["amount_usd"]; !ok || !hasID && (!hasDate || !hasModel) {
		return nil, errors.New("the invoice's first line must name amount_usd, and request_id or both date and model")
	}
	var out []InvoiceLine
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the invoice: %w", err)
		}
		n, _ := in.FieldPos(0)
		if len(out) >= maxLines {
			return nil, fmt.Errorf("line %d: an invoice may have %d lines; split it", n, maxLines)
		}
		line, err := invoiceLine(record, at)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		line.Line = n
		out = append(out, line)
	}
}

func invoiceLine(record []string, at map[string]int) (l InvoiceLine, err error) {
	field := func(name string) string {
		if i, ok := at[name]; ok && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	if l.Amount, err = ParseUSD(field("amount_usd")); err != nil {
		return l, err
	}
	l.RequestID, l.Model = strings.Clone(field("request_id")), strings.Clone(field("model"))
	if date := field("date"); date != "" {
		if l.Day, err = time.Parse(time.DateOnly, date[:min(len(date), len(time.DateOnly))]); err != nil {
			return l, fmt.Errorf("%q is no date such as 2026-11-30", date)
		}
	}
	if l.RequestID == "" && (l.Day.IsZero() || l.Model == "") {
		return l, errors.New("it names neither a request nor a day and a model")
	}
	return l, nil
}

// ParseUSD reads a decimal number exactly; what is finer than a nano-dollar is
// rounded half away from zero.
func ParseUSD(text string) (int64, error) {
	bad := fmt.Errorf("%q is no amount such as 0.000123", text)
	digits, negative := strings.CutPrefix(text, "-")
	digits = strings.TrimPrefix(digits, "$")
	whole, part, _ := strings.Cut(digits, ".")
	if whole+part == "" || len(whole) > 10 || len(part) > 100 {
		return 0, bad
	}
	var nano int64
	for i := range len(whole) + 10 {
		d := byte('0')
		switch {
		case i < len(whole):
			d = whole[i]
		case i-len(whole) < len(part):
			d = part[i-len(whole)]
		}
		if d < '0' || d > '9' {
			return 0, bad
		}
		if i == len(whole)+9 { // the tenth digit rounds
			if d >= '5' {
				nano++
			}
			break
		}
		if nano > math.MaxInt64/10-1 {
			return 0, bad
		}
		nano = nano*10 + int64(d-'0')
	}
	if strings.Trim(part, "0123456789") != "" || nano > maxAmount*1e9 {
		return 0, bad
	}
	if negative {
		nano = -nano
	}
	return nano, nil
}
