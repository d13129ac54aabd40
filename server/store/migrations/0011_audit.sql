-- The audit trail: one hash chain per tenant (nexusai/server/audit documents the
-- encoding). The application may add entries and never change them.

create table audit_head (
    tenant_id uuid primary key references tenant,
    seq       bigint not null,
    hash      bytea not null
);
select nexus.protect('audit_head');
revoke delete on audit_head from nexus_app;

create table audit_entry (
    tenant_id  uuid not null references tenant,
    seq        bigint not null check (seq > 0),
    at         timestamptz not null,
    actor_kind text not null check (actor_kind in ('user', 'key', 'operator', 'system')),
    actor_id   text not null,
    actor      text not null,
    action     text not null,
    target_id  text not null,
    target     text not null,
    facts      jsonb not null,
    hash       bytea not null,
    primary key (tenant_id, seq)
);
select nexus.protect('audit_entry');
revoke update, delete on audit_entry from nexus_app;
create index audit_entry_by_action on audit_entry (tenant_id, action, seq desc);

-- The heads leave the database on a schedule, so that a chain cut off at its
-- end does not go unseen.
create function nexus.audit_heads() returns table (tenant_id uuid, seq bigint, hash bytea)
    language sql stable security definer
    set search_path to public, pg_temp
    as 'select nexus.elevate();
        select h.tenant_id, h.seq, h.hash from public.audit_head h order by h.tenant_id';
comment on function nexus.audit_heads() is 'The exporter: the newest entry of each tenant''s trail. Reveals ids, numbers and hashes.';
