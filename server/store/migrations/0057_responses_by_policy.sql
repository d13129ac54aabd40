-- Responses are kept where the tenant's policy says so
-- (tenant.settings.contents.responses), and for as many days as it says. What
-- was kept before anybody could decide goes.

truncate kept_response;
alter table kept_response add column used_at timestamptz not null; -- made, or last gone on from

create or replace function nexus.contents_kept() returns table (tenant_id uuid, contents jsonb)
    language plpgsql security definer set search_path to public, pg_temp as $$
begin
    perform nexus.elevate();
    return query select t.id, t.settings -> 'contents' from tenant t
        where t.settings @> '{"contents": {"keep": true}}' or t.settings @> '{"contents": {"responses": true}}';
end $$;
