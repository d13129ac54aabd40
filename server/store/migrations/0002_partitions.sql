-- Log tables are partitioned by month, so that dropping what is too old costs
-- nothing. A migration that makes such a table (`partition by range (at)`, at a
-- timestamptz) calls nexus.partition_by_month right after nexus.protect.

create table partitioned_log (
    name        text primary key, -- of a table in public
    keep_months integer check (keep_months > 0) -- whole months before the running one; null: for ever
);
grant select on partitioned_log to nexus_app;

-- Makes the partitions from last month up to months_ahead, those that are not
-- there yet, and returns how many it made. They carry no grant and no policy:
-- nexus_app reaches their rows through the parent only.
create function nexus.ensure_partitions(tbl regclass, months_ahead integer) returns integer
    language plpgsql set search_path to public, pg_temp as $$
declare
    first timestamp := date_trunc('month', now() at time zone 'UTC');
    month timestamp;
    part  text;
    made  integer := 0;
begin
    for n in -1 .. months_ahead loop
        month := first + make_interval(months => n);
        part := (select relname from pg_class where oid = tbl) || to_char(month, '_YYYY_MM');
        continue when to_regclass('public.' || quote_ident(part)) is not null;
        execute format('create table public.%I partition of %s for values from (%L) to (%L)', part, tbl,
            to_char(month, 'YYYY-MM-DD 00:00:00+00'), to_char(month + interval '1 month', 'YYYY-MM-DD 00:00:00+00'));
        execute format('alter table public.%I enable row level security', part);
        made := made + 1;
    end loop;
    return made;
end $$;

-- Drops the partitions that end before the kept months, and returns how many.
create function nexus.drop_partitions(tbl regclass, keep_months integer) returns integer
    language plpgsql set search_path to public, pg_temp as $$
declare
    kept    text := to_char(date_trunc('month', now() at time zone 'UTC') - make_interval(months => keep_months), 'YYYY_MM');
    part    regclass;
    dropped integer := 0;
begin
    for part in
        select c.oid from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = tbl and substring(c.relname from '_(\d{4}_\d{2})$') < kept
        order by c.relname
    loop
        execute format('drop table %s', part);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

create function nexus.partition_by_month(tbl regclass, keep_months integer default null) returns void
    language plpgsql set search_path to public, pg_temp as $$
begin
    insert into partitioned_log (name, keep_months) select relname, partition_by_month.keep_months from pg_class where oid = tbl
        on conflict (name) do update set keep_months = excluded.keep_months;
    perform nexus.ensure_partitions(tbl, 2);
end $$;

-- What the daily job calls; it can touch registered tables only. A lock that a
-- long query holds makes it give up: tomorrow is early enough.
create function nexus.maintain_partitions(out made integer, out dropped integer)
    language plpgsql security definer set search_path to public, pg_temp set lock_timeout to '5s' as $$
declare
    log partitioned_log;
begin
    made := 0;
    dropped := 0;
    for log in select * from partitioned_log order by name loop
        made := made + nexus.ensure_partitions(to_regclass('public.' || quote_ident(log.name)), 2);
        if log.keep_months is not null then
            dropped := dropped + nexus.drop_partitions(to_regclass('public.' || quote_ident(log.name)), log.keep_months);
        end if;
    end loop;
end $$;
comment on function nexus.maintain_partitions() is 'Daily job: makes the next months'' partitions of the registered log tables and drops the expired ones. Reveals two counts.';

revoke execute on function nexus.ensure_partitions(regclass, integer), nexus.drop_partitions(regclass, integer),
    nexus.partition_by_month(regclass, integer) from nexus_app;
