package store_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"nexusai/server/store/storetest"
)

// TestPartitionsComeAndGo makes a log table as a migration would, ages it, and
// lets the daily job run under the application role.
func TestPartitionsComeAndGo(t *testing.T) {
	t.Parallel()
	db, conn := superuser(t)
	const table = `set role nexus_owner;
		create table demo_log (tenant_id uuid not null references tenant, at timestamptz not null, id uuid not null, primary key (tenant_id, at, id)) partition by range (at);
		select nexus.protect('demo_log');
		select nexus.partition_by_month('demo_log', 3);
		create table demo_log_2020_01 partition of demo_log for values from ('2020-01-01') to ('2020-02-01');
		create table demo_log_archive partition of demo_log for values from ('2019-01-01') to ('2019-02-01');
		do $$ begin
			execute format('drop table demo_log_%s', to_char(date_trunc('month', now() at time zone 'UTC') + interval '2 months', 'YYYY_MM'));
		end $$;
		reset role`
	if _, err := conn.Exec(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	var made, dropped int
	maintain := func() {
		t.Helper()
		err := db.System(t.Context(), func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `select made, dropped from nexus.maintain_partitions()`).Scan(&made, &dropped)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	maintain()
	if made != 1 || dropped != 1 {
		t.Errorf("made %d, dropped %d; want the missing month made and 2020-01 dropped", made, dropped)
	}
	maintain()
	if made != 0 || dropped != 0 {
		t.Errorf("the second run made %d and dropped %d; want nothing to do", made, dropped)
	}
	parts, err := column(t.Context(), conn, `select inhrelid::regclass::text from pg_inherits where inhparent = 'demo_log'::regclass`)
	if err != nil || len(parts) != 5 { // last month, this one, two ahead, and the archive that no rule names
		t.Errorf("partitions %v, %v; want 5", parts, err)
	}
	tenant := storetest.Tenant(t, db)
	err = db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into demo_log values ($1, now(), gen_random_uuid())`, tenant)
		return err
	})
	if err != nil {
		t.Errorf("insert through the parent: %v", err)
	}
	for _, sql := range []string{`select 1 from ` + parts[0], `select nexus.ensure_partitions('demo_log', 9)`, `select nexus.drop_partitions('demo_log', 1)`} {
		err := db.Tenant(t.Context(), tenant, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if !denied(err) {
			t.Errorf("%s under the application role: %v; want a refusal", sql, err)
		}
	}
}

// TestEveryLogHasAnEnd: what each call adds to goes away again some day.
func TestEveryLogHasAnEnd(t *testing.T) {
	t.Parallel()
	_, conn := superuser(t)
	kept, err := column(t.Context(), conn, `
		select c.relname || ' ' || coalesce(l.keep_months::text, 'for ever')
		from pg_class c left join partitioned_log l on l.name = c.relname
		where c.relkind = 'p' and not c.relispartition order by 1`)
	if want := []string{"call_content 12", "inference_attempt 12", "inference_log 12"}; err != nil || !slices.Equal(kept, want) {
		t.Errorf("kept %q, %v; want %q", kept, err, want)
	}
}
