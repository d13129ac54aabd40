-- What callers asked and were answered, of the tenants whose policy keeps it
-- (tenant.settings.contents). It is sealed, and bound to its row: whoever has
-- only the database cannot read it.

create table call_content (
    tenant_id  uuid not null references tenant on delete cascade,
    at         timestamptz not null, -- that of its inference_log row
    call_id    uuid not null,
    holder     uuid not null, -- who called: a key, or else a user
    sealed     bytea not null,
    expires_at timestamptz not null,
    primary key (tenant_id, at, call_id)
) partition by range (at);
select nexus.protect('call_content');
select nexus.partition_by_month('call_content', 12); -- a policy keeps for at most 365 days
create index call_content_call on call_content (tenant_id, call_id);
create index call_content_holder on call_content (tenant_id, holder);
create index call_content_expires on call_content (tenant_id, expires_at);

-- Whose contents were deleted and when, so that what was on its way then is not
-- stored behind it.
create table content_erasure (
    tenant_id uuid not null references tenant on delete cascade,
    holder    uuid not null, -- nil: everybody
    at        timestamptz not null,
    primary key (tenant_id, holder)
);
select nexus.protect('content_erasure');

alter table inference_log
    add column contents       text not null default '' constraint inference_log_contents check (contents in ('', 'kept', 'dropped', 'declined')),
    add column contents_until timestamptz; -- when what was kept expires

create function nexus.contents_kept() returns table (tenant_id uuid, contents jsonb)
    language plpgsql security definer set search_path to public, pg_temp as $$
begin
    perform nexus.elevate();
    return query select t.id, t.settings -> 'contents' from tenant t where t.settings @> '{"contents": {"keep": true}}';
end $$;
comment on function nexus.contents_kept() is 'Every process, each second: which tenants keep what is asked and answered, and how. Reveals ids and those policies.';
