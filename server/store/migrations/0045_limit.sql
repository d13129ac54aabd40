-- Rates: what a tenant allows, and what of it is lent out to which process
-- where no Redis counts (nexusai/server/limit).

create table limit_rule (
    tenant_id  uuid not null references tenant,
    id         uuid not null,
    holder     text not null check (holder in ('tenant', 'user', 'role', 'key', 'model', 'deployment')),
    holds      text not null default '' check (length(holds) <= 400), -- which one; empty: each for itself
    measure    text not null check (measure in ('requests', 'input_tokens', 'output_tokens', 'concurrency')),
    amount     bigint not null check (amount > 0),
    window_ms  bigint not null check ((measure = 'concurrency') = (window_ms = 0) and window_ms between 0 and 2678400000),
    fail_open  boolean not null,
    source     text not null default 'console' check (source in ('console', 'file')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint limit_rule_once unique (tenant_id, holder, holds, measure, window_ms)
);
select nexus.protect('limit_rule');

create table limit_bucket (
    tenant_id uuid not null references tenant,
    key       text not null,
    level     double precision not null,
    at        timestamptz not null,
    primary key (tenant_id, key)
);
select nexus.protect('limit_bucket');

create table limit_place (
    tenant_id  uuid not null references tenant,
    key        text not null,
    process    uuid not null,
    places     bigint not null,
    expires_at timestamptz not null,
    primary key (tenant_id, key, process)
);
select nexus.protect('limit_place');

-- Moves between want and nice out of a bucket, or nothing when it holds less
-- than want. Negative amounts go back. level is what remains.
create function nexus.limit_lend(k text, want double precision, nice double precision, lim double precision, window_ms double precision,
    out granted double precision, out level double precision)
    language plpgsql set search_path to public, pg_temp as $$
declare
    now_at timestamptz;
begin
    insert into limit_bucket as b (tenant_id, key, level, at) values (nexus.tenant_id(), k, lim, clock_timestamp())
        on conflict (tenant_id, key) do update set at = b.at
        returning b.level, b.at into limit_lend.level, now_at;
    -- The row is locked: nobody else moves the clock.
    level := least(lim, level + greatest(0, extract(epoch from clock_timestamp() - now_at) * 1000) * lim / window_ms);
    if want < 0 then
        granted := want;
    elsif level >= want then
        granted := least(level, nice);
    else
        granted := 0;
    end if;
    level := least(lim, level - granted);
    update limit_bucket b set level = limit_lend.level, at = greatest(now_at, clock_timestamp()) where b.tenant_id = nexus.tenant_id() and b.key = k;
end $$;

-- Brings a process's places to want, as far as the others leave room, and
-- returns how many it has now.
create function nexus.limit_rent(k text, proc uuid, want bigint, lim bigint, keep_ms bigint) returns bigint
    language plpgsql set search_path to public, pg_temp as $$
declare
    others bigint;
    mine   bigint;
begin
    insert into limit_bucket as b (tenant_id, key, level, at) values (nexus.tenant_id(), k, 0, clock_timestamp())
        on conflict (tenant_id, key) do update set at = clock_timestamp(); -- the lock
    delete from limit_place p where p.tenant_id = nexus.tenant_id() and p.key = k and p.expires_at < clock_timestamp();
    select coalesce(sum(p.places), 0) into others from limit_place p where p.tenant_id = nexus.tenant_id() and p.key = k and p.process <> proc;
    mine := greatest(0, least(want, lim - others));
    if mine = 0 then
        delete from limit_place p where p.tenant_id = nexus.tenant_id() and p.key = k and p.process = proc;
    else
        insert into limit_place (tenant_id, key, process, places, expires_at)
            values (nexus.tenant_id(), k, proc, mine, clock_timestamp() + make_interval(secs => keep_ms / 1000.0))
            on conflict (tenant_id, key, process) do update set places = excluded.places, expires_at = excluded.expires_at;
    end if;
    return mine;
end $$;
