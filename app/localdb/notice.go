package localdb

import (
	"context"
	"encoding/json"
	"fmt"

	"nexusai/backend/httpapi"
)

// Notices are what the person should know, oldest first, at most 50.
func (d *DB) Notices(ctx context.Context) ([]httpapi.Notice, error) {
	rows, err := d.reader.QueryContext(ctx, `SELECT id, code, detail, items FROM notice ORDER BY created_at, id LIMIT 50`)
	if err != nil {
		return nil, Explain(fmt.Errorf("list notices: %w", err))
	}
	defer rows.Close()
	out := []httpapi.Notice{}
	for rows.Next() {
		var n httpapi.Notice
		var items string
		if err := rows.Scan(&n.ID, &n.Code, &n.Detail, &items); err != nil {
			return nil, Explain(fmt.Errorf("read a notice: %w", err))
		}
		if err := json.Unmarshal([]byte(items), &n.Items); err != nil {
			return nil, fmt.Errorf("decode a notice: %w", err)
		}
		out = append(out, n)
	}
	return out, Explain(rows.Err())
}

// DismissNotice forgets a notice; one that is gone already is fine.
func (d *DB) DismissNotice(ctx context.Context, id string) error {
	return d.exec(ctx, `DELETE FROM notice WHERE id = ?`, id)
}
