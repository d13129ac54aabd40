-- An answer being written: the server owns it, whoever listens.

create table run (
    tenant_id       uuid not null references tenant,
    id              uuid not null,
    user_id         uuid not null,
    conversation_id uuid not null,
    message_id      uuid not null, -- the user's message that it answers
    answer_id       uuid not null,
    trigger_id      uuid not null, -- the idempotency key: message_id, or the id of a regeneration
    model           text not null,
    state           text not null check (state in ('running', 'done', 'stopped', 'failed')),
    error_code      text not null default '',
    text            text not null default '', -- checkpoint while running; empty once the message is stored
    seq             bigint not null default 0,
    owner           text not null, -- the server process's instance
    lease_until     timestamptz not null,
    started_at      timestamptz not null,
    ended_at        timestamptz,
    primary key (tenant_id, id),
    constraint run_trigger unique (tenant_id, user_id, trigger_id)
);
select nexus.protect('run');
create index run_running on run (owner, lease_until) where state = 'running';
create index run_conversation on run (tenant_id, conversation_id) where state = 'running';

create function nexus.orphaned_runs(dead_owner text) returns table (tenant uuid, run uuid)
    language plpgsql security definer set search_path to public, pg_temp as $$
begin
    perform nexus.elevate();
    return query select r.tenant_id, r.id from run r
        where r.state = 'running' and (r.owner = dead_owner or r.lease_until < now());
end $$;
comment on function nexus.orphaned_runs(text) is 'Recovery: running answers whose process is gone. Reveals ids.';
