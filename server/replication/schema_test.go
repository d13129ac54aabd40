package replication_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/server/store/storetest"
	"nexusai/sync/entity"
)

const columnsOf = `select column_name || ' ' || data_type || case is_nullable when 'YES' then ' null' else '' end
	from information_schema.columns where table_schema = 'public' and table_name = $1 order by ordinal_position`

// TestSchemaIsTheEntityTable compares the migrated tables with sync/entity, in
// both directions and in order.
func TestSchemaIsTheEntityTable(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for _, e := range entity.All() {
		want := []string{"tenant_id uuid", "scope text", "id uuid"}
		for _, f := range e.Fields {
			null := ""
			if f.Null {
				null = " null"
			}
			want = append(want, f.Name+" "+f.Postgres()+null)
		}
		want = append(want, "extra json", "ver bigint", "field_ver jsonb")
		var got []string
		err := db.System(t.Context(), func(tx pgx.Tx) error {
			rows, err := tx.Query(t.Context(), columnsOf, e.Name)
			if err != nil {
				return err
			}
			got, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s has\n%q\nwant\n%q (%v)", e.Name, got, want, err)
		}
	}
}
