package replication_test

import (
	"slices"
	"testing"

	"nexusai/sync/entity"
)

// TestSchemaIsTheEntityTable compares the migrated tables with sync/entity, in
// both directions and in order.
func TestSchemaIsTheEntityTable(t *testing.T) {
	t.Parallel()
	db := tempDB(t).Reader()
	for _, e := range entity.All() {
		want := []string{"n INTEGER 0", "id TEXT 1", "scope TEXT 1"}
		for _, f := range e.Fields {
			notNull := " 1"
			if f.Null {
				notNull = " 0"
			}
			want = append(want, f.Name+" "+f.SQLite()+notNull)
		}
		want = append(want, "extra TEXT 1", "ver INTEGER 1", "field_ver TEXT 1", "pending INTEGER 1")
		rows, err := db.QueryContext(t.Context(), `SELECT name || ' ' || type || ' ' || "notnull" FROM pragma_table_info(?) ORDER BY cid`, e.Name)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var got []string
		for rows.Next() {
			var col string
			if err := rows.Scan(&col); err != nil {
				t.Fatal(err)
			}
			got = append(got, col)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has\n%q\nwant\n%q", e.Name, got, want)
		}
	}
}
