-- One row per brokered call, and what each call cost. Prompts and answers are
-- in neither.

create table inference_log (
    tenant_id     uuid not null references tenant,
    at            timestamptz not null,
    id            uuid not null,
    surface       text not null check (surface in ('chat', 'v1')),
    operation     text not null check (operation in ('chat', 'embeddings')),
    model         text not null,
    deployment    text not null,
    user_id       uuid,
    key_id        uuid,
    streamed      boolean not null,
    state         text not null check (state in ('ok', 'stopped', 'failed')),
    error_code    text not null,
    input_tokens  bigint not null,
    output_tokens bigint not null,
    cached_tokens bigint not null,
    estimated     boolean not null,
    latency_ms    bigint not null,
    first_ms      bigint not null, -- 0: no token came
    cost_nano_usd bigint not null,
    unpriced      boolean not null,
    attempts      integer not null,
    request_id    text not null,
    primary key (tenant_id, at, id)
) partition by range (at);
select nexus.protect('inference_log');
select nexus.partition_by_month('inference_log', 13);
select nexus.partition_by_month('inference_log', 12);
create index inference_log_user on inference_log (tenant_id, user_id, at) where user_id is not null;

-- Append-only: what is wrong is corrected by another entry.
create table ledger_entry (
    tenant_id       uuid not null references tenant,
    id              uuid not null,
    call_id         uuid not null,
    kind            text not null check (kind in ('reserve', 'settle', 'release')),
    at              timestamptz not null,
    user_id         uuid,
    key_id          uuid,
    model           text not null,
    deployment      text not null,
    input_tokens    bigint not null,
    cached_tokens   bigint not null,
    output_tokens   bigint not null,
    amount_nano_usd bigint not null,
    price_version   text not null, -- empty: no price was known
    unpriced        boolean not null,
    estimated       boolean not null,
    primary key (tenant_id, id),
    constraint ledger_once unique (tenant_id, call_id, kind)
);
select nexus.protect('ledger_entry');
revoke update, delete on ledger_entry from nexus_app;
create index ledger_entry_user on ledger_entry (tenant_id, user_id, at) where user_id is not null;
