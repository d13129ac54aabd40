-- The base that every later migration stands on. Tables live in public,
-- functions in nexus, River's tables in river.
--
-- Two roles, the same names in every database: the owner of the schema runs
-- this file, nexus_app serves requests and owns nothing.

create extension if not exists vector;
create extension if not exists pg_trgm;
create extension if not exists unaccent;
create extension if not exists citext;

create schema nexus;
create schema river;
revoke create on schema public from public;
grant usage on schema public, nexus, river to nexus_app;

create table nexus_migration (
    version    integer primary key,
    name       text not null,
    sha256     text not null,
    applied_at timestamptz not null default now()
);
grant select on nexus_migration to nexus_app;

-- The tenant of the running transaction; null outside store.DB.Tenant, and then
-- no row of any tenant is visible.
create function nexus.tenant_id() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('nexus.tenant_id', true), '')::uuid;

-- A security definer function that has to look across tenants calls
-- nexus.elevate() first. Only the owner's policies ask for it, so it is of no
-- use to nexus_app, and the owner too sees no rows without it.
create function nexus.elevate() returns void
    language plpgsql as $$ begin perform set_config('nexus.definer', 'on', true); end $$;

create function nexus.elevated() returns boolean
    language sql stable parallel safe
    return coalesce(current_setting('nexus.definer', true), '') = 'on';

-- Puts a table under row-level security and lets nexus_app use it. Call it right
-- after each `create table`; its keys must include the tenant column.
create function nexus.protect(tbl regclass, tenant_column name default 'tenant_id') returns void
    language plpgsql set search_path to pg_catalog, pg_temp as $$
begin
    execute format('alter table %s enable row level security', tbl);
    execute format('alter table %s force row level security', tbl);
    execute format('create policy tenant on %s using (%I = nexus.tenant_id()) with check (%I = nexus.tenant_id())',
        tbl, tenant_column, tenant_column);
    execute format('create policy definer on %s to current_user using (nexus.elevated()) with check (nexus.elevated())', tbl);
    execute format('grant select, insert, update, delete on %s to nexus_app', tbl);
end $$;

create table tenant (
    id         uuid primary key,
    slug       citext not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name       text not null check (length(name) between 1 and 200),
    created_at timestamptz not null default now(),
    settings   jsonb not null default '{}'
);
select nexus.protect('tenant', 'id');

-- Sign-in knows a tenant's slug before it knows the tenant.
create function nexus.tenant_by_slug(wanted citext) returns uuid
    language plpgsql security definer set search_path to public, pg_temp as $$
begin
    perform nexus.elevate();
    return (select id from tenant where slug = wanted);
end $$;
comment on function nexus.tenant_by_slug(citext) is 'Sign-in: which tenant has this slug. Reveals one id.';

-- Maintenance goes through the tenants one by one.
create function nexus.tenant_ids() returns setof uuid
    language plpgsql security definer set search_path to public, pg_temp as $$
begin
    perform nexus.elevate();
    return query select id from tenant order by id;
end $$;
comment on function nexus.tenant_ids() is 'Maintenance: the id of every tenant, so that a job can enter them one by one.';

-- Function bodies are reachable by nexus_app unless a migration revokes them;
-- nobody else has any business here.
revoke execute on all functions in schema nexus from public;
grant execute on all functions in schema nexus to nexus_app;
revoke execute on function nexus.protect(regclass, name) from nexus_app;
alter default privileges revoke execute on functions from public;
alter default privileges in schema nexus grant execute on functions to nexus_app;
