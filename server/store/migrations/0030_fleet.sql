-- Which model providers a tenant has, what they serve and under which names.

create table provider (
    tenant_id     uuid not null references tenant,
    id            uuid not null,
    name          text not null check (length(name) between 1 and 120),
    kind          text not null check (kind in ('openai', 'local')),
    source        text not null check (source in ('console', 'file', 'builtin')),
    base_url      text not null default '',
    key_sealed    bytea, -- sealed with tenant and id as associated data; null: no key
    enabled       boolean not null default true,
    tested_at     timestamptz,
    tested_ok     boolean,
    tested_detail text not null default '',
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint provider_name unique (tenant_id, name),
    check ((kind = 'local') = (source = 'builtin')),
    check (kind = 'local' or base_url <> '')
);
select nexus.protect('provider');

-- What callers ask for (id) and what the provider calls it (upstream). Several
-- providers may offer one id: the broker chooses.
create table provider_model (
    tenant_id       uuid not null references tenant,
    provider_id     uuid not null,
    id              text not null check (length(id) between 1 and 200),
    upstream        text not null check (length(upstream) between 1 and 200),
    kind            text not null check (kind in ('chat', 'embedding')),
    input_nano_usd  bigint check (input_nano_usd >= 0),  -- per 1,000 tokens; null: the catalogue's
    output_nano_usd bigint check (output_nano_usd >= 0),
    position        integer not null,
    primary key (tenant_id, provider_id, id),
    foreign key (tenant_id, provider_id) references provider on delete cascade
);
select nexus.protect('provider_model');

create table model_alias (
    tenant_id uuid not null references tenant,
    alias     text not null check (length(alias) between 1 and 200),
    model     text not null check (length(model) between 1 and 200),
    primary key (tenant_id, alias),
    check (alias <> model)
);
select nexus.protect('model_alias');

-- Grows with every change to a tenant's fleet, so that each process notices
-- within a second that its cache is old.
create table fleet_version (
    tenant_id uuid primary key references tenant,
    version   bigint not null
);
select nexus.protect('fleet_version');

create function nexus.fleet_versions() returns table (tenant uuid, version bigint)
    language plpgsql security definer set search_path to public, pg_temp as $$
begin
    perform nexus.elevate();
    return query select v.tenant_id, v.version from fleet_version v;
end $$;
comment on function nexus.fleet_versions() is 'Caches: which tenants changed their providers. Reveals tenant ids and counters.';
