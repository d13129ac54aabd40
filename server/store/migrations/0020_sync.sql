-- Sync: the rows people work on, the log every scope keeps of them, and what a
-- push leaves behind. nexusai/sync/entity is the source of the three row tables.

create table conversation (
    tenant_id  uuid not null references tenant,
    scope      text not null,
    id         uuid not null,
    title      text not null,
    model      text not null,
    pinned     boolean not null,
    trashed_at timestamptz,
    created_at timestamptz not null,
    last_at    timestamptz not null,
    extra      json not null default '{}',
    ver        bigint not null,
    field_ver  jsonb not null,
    primary key (tenant_id, scope, id)
);
select nexus.protect('conversation');
create index conversation_recent on conversation (tenant_id, scope, last_at desc, id desc);

create table message (
    tenant_id       uuid not null references tenant,
    scope           text not null,
    id              uuid not null,
    conversation_id uuid not null,
    parent_id       uuid,
    role            text not null,
    text            text not null,
    model           text not null,
    finish          text not null,
    error_code      text not null,
    input_tokens    bigint not null,
    output_tokens   bigint not null,
    cost_nano_usd   bigint not null,
    run_id          uuid,
    created_at      timestamptz not null,
    extra           json not null default '{}',
    ver             bigint not null,
    field_ver       jsonb not null,
    primary key (tenant_id, scope, id)
);
select nexus.protect('message');
create index message_of_conversation on message (tenant_id, scope, conversation_id, created_at, id);

create table draft (
    tenant_id  uuid not null references tenant,
    scope      text not null,
    id         uuid not null,
    text       text not null,
    updated_at timestamptz not null,
    extra      json not null default '{}',
    ver        bigint not null,
    field_ver  jsonb not null,
    primary key (tenant_id, scope, id)
);
select nexus.protect('draft');

-- A push locks its scope's head and takes the next numbers, so the order of
-- commits is the order of the log and there are no gaps.
create table sync_head (
    tenant_id uuid not null references tenant,
    scope     text not null,
    seq       bigint not null default 0,
    epoch     bigint not null default 1,
    sum       bytea not null default decode('00000000000000000000000000000000', 'hex') check (length(sum) = 16),
    primary key (tenant_id, scope)
);
select nexus.protect('sync_head');

-- entry is json and not jsonb: devices compare bytes.
create table sync_op (
    tenant_id uuid not null references tenant,
    scope     text not null,
    seq       bigint not null,
    op_id     uuid not null,
    entry     json not null,
    at        timestamptz not null,
    primary key (tenant_id, scope, seq),
    unique (tenant_id, scope, op_id)
);
select nexus.protect('sync_op');

create table sync_client (
    tenant_id uuid not null references tenant,
    scope     text not null,
    client_id uuid not null,
    lane      text not null,
    last_mid  bigint not null,
    seen_at   timestamptz not null,
    primary key (tenant_id, scope, client_id, lane)
);
select nexus.protect('sync_client');

create table sync_result (
    tenant_id uuid not null references tenant,
    scope     text not null,
    client_id uuid not null,
    lane      text not null,
    mid       bigint not null,
    op_id     uuid not null,
    status    text not null,
    code      text not null,
    seq       bigint not null,
    at        timestamptz not null,
    primary key (tenant_id, scope, client_id, lane, mid)
);
select nexus.protect('sync_result');
create index sync_result_op on sync_result (tenant_id, scope, op_id);

-- Every value that lost to a concurrent edit.
create table sync_superseded (
    tenant_id uuid not null references tenant,
    scope     text not null,
    seq       bigint not null,
    n         integer not null,
    entity    text not null,
    id        uuid not null,
    field     text not null,
    value     json not null,
    op_id     uuid,
    client_id uuid,
    hlc       bigint not null,
    primary key (tenant_id, scope, seq, n)
);
select nexus.protect('sync_superseded');
create index sync_superseded_row on sync_superseded (tenant_id, scope, entity, id);

-- Ids that must never live again; kept for ever.
create table sync_dead (
    tenant_id uuid not null references tenant,
    scope     text not null,
    entity    text not null,
    id        uuid not null,
    seq       bigint not null,
    primary key (tenant_id, scope, entity, id)
);
select nexus.protect('sync_dead');

-- Every node asks ten times a second how far the scopes have come that somebody
-- listens to; one question for all tenants instead of one transaction each.
create function nexus.sync_heads(tenants uuid[], scopes text[])
    returns table (tenant_id uuid, scope text, seq bigint)
    language sql stable security definer
    set search_path to public, pg_temp
    as 'select nexus.elevate();
        select h.tenant_id, h.scope, h.seq
        from unnest(tenants, scopes) as w(tenant_id, scope)
        join public.sync_head h on h.tenant_id = w.tenant_id and h.scope = w.scope';
comment on function nexus.sync_heads(uuid[], text[]) is 'Live hints: log positions of scopes that sockets of this node listen to. Reveals numbers only.';
