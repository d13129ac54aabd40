package calllog

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// exportPage is how many calls are read at once: what an export keeps in memory.
const exportPage = 1000

// Export writes all ended calls that match, newest first, as they are read.
// Calls that end meanwhile are not in it.
func (b *Book) Export(ctx context.Context, tenantID string, q httpapi.LogExport, w httpapi.Sink) error {
	query := httpapi.LogQuery{LogFilter: q.LogFilter, Limit: exportPage}
	query.Model, query.User, query.Key = storable(query.Model), storable(query.User), storable(query.Key)
	if now := b.now(); query.To.IsZero() || query.To.After(now) {
		query.To = now
	}
	out := lines(w, q.Format)
	var after *cursor
	for page := 0; ; page++ {
		calls, next, err := b.exported(ctx, tenantID, query, after)
		if err != nil {
			return err
		}
		if page == 0 { // the first read went well: from now on it is a file
			if err := out.begin(); err != nil {
				return err
			}
		}
		for _, c := range calls {
			if err := out.write(c); err != nil {
				return err
			}
		}
		if err := out.flush(); err != nil {
			return err
		}
		if next == nil {
			return nil
		}
		after = next
	}
}

func (b *Book) exported(ctx context.Context, tenantID string, q httpapi.LogQuery, after *cursor) (shown []httpapi.InferenceLog, next *cursor, err error) {
	err = b.db.TenantRead(ctx, tenantID, func(tx pgx.Tx) error {
		calls, err := selectPage(ctx, tx, tenantID, q, after)
		if err != nil {
			return err
		}
		if len(calls) > q.Limit {
			calls = calls[:q.Limit]
			last := calls[q.Limit-1]
			next = &cursor{last.At, last.ID}
		}
		shown, err = b.show(ctx, tx, tenantID, calls)
		return err
	})
	return shown, next, err
}

// format writes calls one after the other.
type format interface {
	begin() error
	write(httpapi.InferenceLog) error
	flush() error
}

func lines(w httpapi.Sink, name string) format {
	if name == "ndjson" {
		return &ndjson{w: w}
	}
	return &table{w: w, csv: csv.NewWriter(w)}
}

type ndjson struct{ w httpapi.Sink }

func (n *ndjson) begin() error {
	n.w.Begin("application/x-ndjson", "calls.ndjson")
	return nil
}

func (n *ndjson) write(c httpapi.InferenceLog) error {
	data, err := json.Marshal(c)
	if err == nil {
		_, err = n.w.Write(append(data, '\n'))
	}
	return err
}

func (n *ndjson) flush() error { return nil }

type table struct {
	w   httpapi.Sink
	csv *csv.Writer
}

var columns = []string{
	"id", "at", "surface", "operation", "model", "deployment", "user", "key", "streamed", "state", "error_code", "input_tokens", "cached_tokens",
	"output_tokens", "estimated", "latency_ms", "first_token_ms", "cost_usd", "unpriced", "attempts", "request_id",
}

func (t *table) begin() error {
	t.w.Begin("text/csv; charset=utf-8", "calls.csv")
	return t.csv.Write(columns)
}

func (t *table) write(c httpapi.InferenceLog) error {
	return t.csv.Write([]string{
		c.ID, c.At.UTC().Format(time.RFC3339Nano), c.Surface, c.Operation, cell(c.Model), cell(c.Deployment), cell(c.User), cell(c.Key),
		strconv.FormatBool(c.Streamed), c.State, c.ErrorCode, strconv.Itoa(c.InputTokens), strconv.Itoa(c.CachedTokens), strconv.Itoa(c.OutputTokens),
		strconv.FormatBool(c.Estimated), strconv.FormatInt(c.LatencyMS, 10), strconv.FormatInt(c.FirstMS, 10), usd(c.CostNanoUSD),
		strconv.FormatBool(c.Unpriced), strconv.Itoa(c.Attempts), cell(c.RequestID),
	})
}

func (t *table) flush() error {
	t.csv.Flush()
	if err := t.csv.Error(); err != nil {
		return fault.From(fmt.Errorf("write a table: %w", err))
	}
	return nil
}

// cell keeps a spreadsheet from running what a caller named a model
// (OWASP, CSV Injection).
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// usd is nano dollars as an exact decimal.
func usd(nano int64) string {
	sign := ""
	if nano < 0 {
		sign, nano = "-", -nano
	}
	return fmt.Sprintf("%s%d.%09d", sign, nano/1_000_000_000, nano%1_000_000_000)
}
