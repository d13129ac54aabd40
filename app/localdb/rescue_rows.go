package localdb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// copyTable reads table row by row. First it learns which rows there are, from
// the table and from each of its indexes, forwards and backwards: what one way
// cannot reach another may. Then it reads each row by itself.
func (r *report) copyTable(ctx context.Context, src *sql.DB, dst *DB, table string) error {
	columns, err := sharedColumns(ctx, src, dst.writer, table)
	if err != nil || len(columns) == 0 {
		return err
	}
	list := `"` + strings.Join(columns, `", "`) + `"`
	keys := rowKeys(ctx, src, table)
	if keys == nil {
		return r.copyScan(ctx, src, dst, table, list, columns)
	}
	if !keys.complete {
		r.lose(table, "(a part of the table)")
	}
	return dst.Update(ctx, func(tx *sql.Tx) error {
		for _, n := range keys.sorted() {
			row, err := readRow(ctx, src, fmt.Sprintf(`SELECT %s FROM "%s" NOT INDEXED WHERE rowid = ?`, list, table), len(columns), n)
			if row == nil || !plausible(columns, row) {
				r.lose(table, keys.name[n])
				continue
			}
			if err != nil || !r.put(ctx, tx, table, list, row) {
				r.lose(table, keys.name[n])
			}
		}
		return nil
	})
}

// copyScan serves tables without a rowid: forwards as far as it goes, then
// backwards.
func (r *report) copyScan(ctx context.Context, src *sql.DB, dst *DB, table, list string, columns []string) error {
	key, err := texts(ctx, dst.writer, `SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk`, table)
	if err != nil || len(key) == 0 {
		return err
	}
	return dst.Update(ctx, func(tx *sql.Tx) error {
		cut := false
		for _, order := range []string{"ASC", "DESC"} {
			query := fmt.Sprintf(`SELECT %s FROM "%s" ORDER BY "%s" %s`, list, table, strings.Join(key, `" `+order+`, "`), order)
			if err := r.scanInto(ctx, src, tx, table, query, list, columns); err == nil {
				return nil
			}
			cut = true
		}
		if cut {
			r.lose(table, "(a part of the table)")
		}
		return nil
	})
}

func (r *report) scanInto(ctx context.Context, src *sql.DB, tx *sql.Tx, table, query, list string, columns []string) error {
	rows, err := src.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scanAny(rows, len(columns))
		if err != nil {
			return err
		}
		if plausible(columns, row) {
			r.put(ctx, tx, table, list, row)
		}
	}
	return rows.Err()
}

// sharedColumns are those that both databases have: the damaged one may be of
// an older program. An unreadable table has none.
func sharedColumns(ctx context.Context, src, dst *sql.DB, table string) ([]string, error) {
	want, err := texts(ctx, dst, `SELECT name FROM pragma_table_info(?)`, table)
	if err != nil {
		return nil, fmt.Errorf("read columns: %w", err)
	}
	have, err := texts(ctx, src, `SELECT name FROM pragma_table_info(?)`, table)
	if err != nil {
		return nil, nil //nolint:nilerr // the table cannot be read: nothing to copy
	}
	return slices.DeleteFunc(want, func(c string) bool { return !slices.Contains(have, c) }), nil
}

// keySet is the set of rowids of a table, with the id of each row where an
// index told it.
type keySet struct {
	name     map[int64]string
	complete bool // one way reached every row
}

func (k *keySet) sorted() []int64 {
	out := make([]int64, 0, len(k.name))
	for n := range k.name {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// rowKeys returns nil for a table without rowid.
func rowKeys(ctx context.Context, src *sql.DB, table string) *keySet {
	keys := &keySet{name: map[int64]string{}}
	if _, err := texts(ctx, src, fmt.Sprintf(`SELECT rowid FROM "%s" LIMIT 0`, table)); err != nil {
		return nil
	}
	ways := []string{"NOT INDEXED"}
	indexes, _ := texts(ctx, src, `SELECT name FROM pragma_index_list(?) WHERE partial = 0`, table) // a broken list means fewer ways
	for _, index := range indexes {
		ways = append(ways, `INDEXED BY "`+index+`"`)
	}
	for _, way := range ways {
		if keys.collect(ctx, src, fmt.Sprintf(`SELECT rowid, '' FROM "%s" %s ORDER BY rowid`, table, way)) {
			keys.complete = true
		}
		keys.collect(ctx, src, fmt.Sprintf(`SELECT rowid, '' FROM "%s" %s ORDER BY rowid DESC`, table, way))
		if strings.Contains(way, "autoindex") {
			keys.collect(ctx, src, fmt.Sprintf(`SELECT rowid, id FROM "%s" %s WHERE id > '' ORDER BY id`, table, way))
			keys.collect(ctx, src, fmt.Sprintf(`SELECT rowid, id FROM "%s" %s WHERE id > '' ORDER BY id DESC`, table, way))
		}
	}
	return keys
}

// collect adds what the query reaches; false: it failed before the end.
func (k *keySet) collect(ctx context.Context, src *sql.DB, query string) bool {
	rows, err := src.QueryContext(ctx, query)
	if err != nil {
		return false
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var id string
		if rows.Scan(&n, &id) != nil {
			return false
		}
		if k.name[n] == "" {
			k.name[n] = id
		}
	}
	return rows.Err() == nil
}

// readRow returns nil where the row cannot be read.
func readRow(ctx context.Context, src *sql.DB, query string, width int, key int64) ([]any, error) {
	rows, err := src.QueryContext(ctx, query, key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	row, err := scanAny(rows, width)
	if err != nil {
		return nil, err
	}
	return row, nil
}

func scanAny(rows *sql.Rows, width int) ([]any, error) {
	row, into := make([]any, width), make([]any, width)
	for i := range row {
		into[i] = &row[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	return row, nil
}

// plausible refuses rows that a borrowed schema misreads: ids are UUIDs here,
// and texts are UTF-8.
func plausible(columns []string, row []any) bool {
	for i, c := range columns {
		text, isText := row[i].(string)
		if isText && !utf8.ValidString(text) {
			return false
		}
		if (c == "id" || c == "message_id" || c == "conversation_id" || c == "op_id") && !isID(text) {
			return false
		}
	}
	return true
}

// put stores a rescued row; false: the new database has it already or refuses it.
func (r *report) put(ctx context.Context, tx *sql.Tx, table, list string, row []any) bool {
	res, err := tx.ExecContext(ctx, fmt.Sprintf(`INSERT OR IGNORE INTO "%s" (%s) VALUES (?%s)`, table, list, strings.Repeat(", ?", len(row)-1)), row...)
	if err != nil {
		return false
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false
	}
	r.kept[table]++
	return true
}
