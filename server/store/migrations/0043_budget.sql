-- Budgets that cannot be exceeded, and what of them is lent out to which
-- process (nexusai/server/budget); teams, which budgets are for.

alter table inference_log
    drop constraint inference_log_surface_check,
    drop constraint inference_log_operation_check,
    add constraint inference_log_surface_check check (surface in ('chat', 'v1', 'playground')),
    add constraint inference_log_operation_check check (operation in
        ('chat', 'completions', 'responses', 'messages', 'count_tokens', 'embeddings', 'transcriptions', 'speech', 'rerank'));
alter table inference_attempt add column cache_hour_tokens bigint not null default 0; -- of cache_write_tokens

create table team (
    tenant_id  uuid not null references tenant,
    id         uuid not null,
    name       citext not null check (length(name) between 1 and 120),
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint team_name unique (tenant_id, name)
);
select nexus.protect('team');

create table team_member (
    tenant_id uuid not null,
    team_id   uuid not null,
    user_id   uuid not null,
    primary key (tenant_id, team_id, user_id),
    foreign key (tenant_id, team_id) references team on delete cascade,
    foreign key (tenant_id, user_id) references app_user on delete cascade
);
select nexus.protect('team_member');

create table budget (
    tenant_id      uuid not null references tenant,
    id             uuid not null,
    holder         text not null check (holder in ('tenant', 'team', 'user', 'key', 'conversation')),
    holder_id      uuid, -- null: each one for itself, or the tenant
    period         text not null check (period in ('day', 'month', 'total')),
    limit_nano_usd bigint not null check (limit_nano_usd >= 0),
    contact        text not null default '' check (length(contact) <= 200), -- whom to ask for more
    unpriced       text not null default 'deny' check (unpriced in ('deny', 'allow')), -- calls whose price nobody knows
    source         text not null default 'console' check (source in ('console', 'file')),
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint budget_once unique nulls not distinct (tenant_id, holder, holder_id, period),
    check (holder <> 'tenant' or holder_id is null)
);
select nexus.protect('budget');

-- Grows with every change to what callers may spend: budgets, teams, settings.
create table budget_version (
    tenant_id uuid primary key references tenant,
    version   bigint not null
);
select nexus.protect('budget_version');

-- What one subject has used of a budget in one period.
create table budget_period (
    tenant_id      uuid not null,
    budget_id      uuid not null,
    subject        uuid not null,
    starts_at      timestamptz not null,
    ends_at        timestamptz not null,
    spent_nano_usd bigint not null, -- as the ledger says
    lost_nano_usd  bigint not null default 0, -- lent to processes of which nobody knows what they spent
    starved_at     timestamptz, -- when a process last found too little left
    starved_by     uuid,
    primary key (tenant_id, budget_id, subject, starts_at),
    foreign key (tenant_id, budget_id) references budget on delete cascade
);
select nexus.protect('budget_period');
create index budget_period_subject on budget_period (tenant_id, subject, ends_at);

-- A process's slice. granted − spent counts as used until the process gives it
-- back; spent grows when its settlements are stored.
create table budget_lease (
    tenant_id        uuid not null,
    budget_id        uuid not null,
    subject          uuid not null,
    starts_at        timestamptz not null,
    life             uuid not null, -- of the process
    granted_nano_usd bigint not null,
    spent_nano_usd   bigint not null default 0,
    seen_at          timestamptz not null default now(),
    primary key (tenant_id, budget_id, subject, starts_at, life),
    foreign key (tenant_id, budget_id, subject, starts_at) references budget_period on delete cascade
);
select nexus.protect('budget_lease');
create index budget_lease_life on budget_lease (life);

create table budget_alert (
    tenant_id      uuid not null references tenant,
    id             uuid not null,
    budget_id      uuid not null,
    subject        uuid not null,
    starts_at      timestamptz not null,
    kind           text not null check (kind in ('50', '80', '100', 'lost')),
    at             timestamptz not null default now(),
    used_nano_usd  bigint not null,
    limit_nano_usd bigint not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, budget_id) references budget on delete cascade
);
select nexus.protect('budget_alert');
create unique index budget_alert_once on budget_alert (tenant_id, budget_id, subject, starts_at, kind) where kind <> 'lost';
create index budget_alert_by_time on budget_alert (tenant_id, at desc);

-- Settles with a process what it may spend. It says what it counts on already
-- (holding; null: it begins and knows nothing) and how much more it needs: at
-- least `least`, better `most`. It gets more than that while there is plenty,
-- and nothing when there is less than `least`. With less in holding than before
-- it gives back. The period's row is the lock.
create function nexus.budget_settle(b uuid, subj uuid, from_at timestamptz, to_at timestamptz, proc uuid,
    holding bigint, least_more bigint, most_more bigint,
    out base bigint, out granted bigint, out used bigint, out held bigint, out lim bigint)
    language plpgsql set search_path to public, pg_temp as $$
declare
    me      uuid := nexus.tenant_id();
    p       budget_period;
    mine    budget_lease;
    others  integer;
    free    bigint;
    extra   bigint;
    hungry  boolean;
begin
    select x.limit_nano_usd into lim from budget x where x.tenant_id = me and x.id = b;
    if lim is null then
        return; -- the budget is gone
    end if;
    select * into p from budget_period x where x.tenant_id = me and x.budget_id = b and x.subject = subj and x.starts_at = from_at for update;
    if not found then
        -- Waits for bookings under way, so that each counts once: here or there.
        perform pg_advisory_xact_lock(hashtextextended(me::text, 42));
        insert into budget_period (tenant_id, budget_id, subject, starts_at, ends_at, spent_nano_usd)
            select me, b, subj, from_at, to_at, coalesce(sum(e.amount_nano_usd), 0) from ledger_entry e
            where e.tenant_id = me and e.kind <> 'reserve' and e.at >= from_at and e.at < to_at and subj = any (e.subjects)
            on conflict do nothing;
        select * into p from budget_period x where x.tenant_id = me and x.budget_id = b and x.subject = subj and x.starts_at = from_at for update;
    end if;
    select * into mine from budget_lease x
        where x.tenant_id = me and x.budget_id = b and x.subject = subj and x.starts_at = from_at and x.life = proc;
    base := coalesce(holding, mine.granted_nano_usd, 0);
    select coalesce(sum(greatest(x.granted_nano_usd - x.spent_nano_usd, 0)), 0), count(*) filter (where x.granted_nano_usd > x.spent_nano_usd)
        into held, others from budget_lease x
        where x.tenant_id = me and x.budget_id = b and x.subject = subj and x.starts_at = from_at and x.life <> proc;
    used := p.spent_nano_usd + p.lost_nano_usd;
    free := lim - used - held - greatest(base - coalesce(mine.spent_nano_usd, 0), 0);
    hungry := coalesce(p.starved_at > clock_timestamp() - interval '3 seconds', false);
    extra := 0;
    if most_more > 0 and free >= least_more then
        extra := least(free, greatest(most_more, case when hungry then 0 else free / (2 * (others + 2)) end));
    elsif least_more > 0 then
        update budget_period x set starved_at = clock_timestamp(), starved_by = proc
            where x.tenant_id = me and x.budget_id = b and x.subject = subj and x.starts_at = from_at;
    end if;
    granted := base + extra;
    insert into budget_lease (tenant_id, budget_id, subject, starts_at, life, granted_nano_usd) values (me, b, subj, from_at, proc, granted)
        on conflict (tenant_id, budget_id, subject, starts_at, life) do update set granted_nano_usd = excluded.granted_nano_usd, seen_at = now();
end $$;

-- What a process polls: which tenants changed, and where others starve while it holds something.
create function nexus.budget_news(proc uuid)
    returns table (tenant uuid, version bigint, budget uuid, subject uuid, starts_at timestamptz)
    language plpgsql security definer set search_path to public, pg_temp as $$
begin
    perform nexus.elevate();
    return query
        select v.tenant_id, v.version, null::uuid, null::uuid, null::timestamptz from budget_version v
        union all
        select l.tenant_id, null::bigint, l.budget_id, l.subject, l.starts_at
        from budget_lease l join budget_period p using (tenant_id, budget_id, subject, starts_at)
        where l.life = proc and l.granted_nano_usd > l.spent_nano_usd
          and p.starved_at > clock_timestamp() - interval '3 seconds' and p.starved_by <> proc;
end $$;
comment on function nexus.budget_news(uuid) is 'Every process, twice a second: which tenants changed budgets, and where it should give back what it does not need. Reveals ids.';

create function nexus.budget_alive(proc uuid) returns void
    language plpgsql security definer set search_path to public, pg_temp as $$
begin
    perform nexus.elevate();
    update budget_lease set seen_at = now() where life = proc;
end $$;
comment on function nexus.budget_alive(uuid) is 'Every process, each minute: it still runs, so what it holds is not lost. Reveals nothing.';

create function nexus.budget_leases(lives uuid[], unseen interval)
    returns table (tenant uuid, budget uuid, subject uuid, starts_at timestamptz, life uuid)
    language plpgsql security definer set search_path to public, pg_temp as $$
begin
    perform nexus.elevate();
    return query select l.tenant_id, l.budget_id, l.subject, l.starts_at, l.life from budget_lease l
        where (l.life = any (lives) or l.seen_at < now() - unseen) and l.granted_nano_usd > l.spent_nano_usd;
end $$;
comment on function nexus.budget_leases(uuid[], interval) is 'Recovery: slices of budgets that dead processes hold. Reveals ids.';
