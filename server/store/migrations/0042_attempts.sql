-- What each call went through, and a ledger in double entry.

alter table inference_log
    add column conversation_id uuid,
    drop constraint inference_log_operation_check,
    add constraint inference_log_operation_check check (operation in
        ('chat', 'completions', 'responses', 'messages', 'embeddings', 'transcribe', 'speak', 'rerank'));
create index inference_log_key on inference_log (tenant_id, key_id, at) where key_id is not null;

-- One deployment's try at a call. at and call_id are those of its inference_log row.
create table inference_attempt (
    tenant_id          uuid not null references tenant,
    at                 timestamptz not null,
    call_id            uuid not null,
    attempt            integer not null check (attempt > 0),
    deployment         text not null,
    name               text not null, -- of the deployment, in words
    provider           text not null,
    provider_key       text not null, -- its id, never the key
    model              text not null, -- as the provider calls it
    lane               text not null check (lane in ('', 'bytes', 'translated')),
    reason             text not null, -- why this deployment
    started_at         timestamptz not null,
    first_ms           bigint not null, -- 0: no token came
    latency_ms         bigint not null,
    finish             text not null,
    error_code         text not null, -- empty: it answered well
    provider_request   text not null, -- the provider's id of it
    rescued            boolean not null, -- it went on where another was cut
    hedged             boolean not null, -- it ran beside another
    losses             text[] not null, -- what translation could not carry
    input_tokens       bigint not null,
    cached_tokens      bigint not null,
    cache_write_tokens bigint not null,
    audio_in_tokens    bigint not null,
    output_tokens      bigint not null,
    reasoning_tokens   bigint not null,
    audio_out_tokens   bigint not null,
    images             bigint not null,
    characters         bigint not null,
    sound_ms           bigint not null,
    searches           bigint not null,
    estimated          boolean not null,
    max_output         bigint not null, -- the limit that was set because the request had none; 0: none was
    reserved_nano_usd  bigint not null,
    cost_nano_usd      bigint not null,
    unpriced           boolean not null,
    price_version      text not null,
    primary key (tenant_id, at, call_id, attempt)
) partition by range (at);
select nexus.protect('inference_attempt');
select nexus.partition_by_month('inference_attempt', 12);

-- The prices that were charged by. version ends with the hash of price, so a
-- row that was changed shows.
create table ledger_price (
    tenant_id uuid not null references tenant,
    version   text not null,
    price     json not null,
    primary key (tenant_id, version)
);
select nexus.protect('ledger_price');
revoke update, delete on ledger_price from nexus_app;

-- A line is one transaction over three accounts, whose changes add up to zero:
-- what its holder may still spend, what is held back, and what the provider is
-- owed. Lines that were there before reservations come from the holder directly.
--   reserve  holder −r  reserved +r
--   settle   holder r−c reserved −r  amount +c
--   correct  holder −d              amount +d   (an invoice says otherwise)
--   lost     holder −x              amount +x   (nobody knows what a dead process spent)
select nexus.elevate();
alter table ledger_entry
    drop constraint ledger_entry_pkey,
    drop constraint ledger_once,
    drop constraint ledger_entry_kind_check,
    add column attempt           integer not null default 1 check (attempt >= 0),
    add column n                 integer not null default 0 check (n >= 0), -- of several corrections
    add column provider          text not null default '',
    add column conversation_id   uuid,
    add column subjects          uuid[] not null default '{}', -- whose budgets it counts against
    add column holder_nano_usd   bigint not null default 0,
    add column reserved_nano_usd bigint not null default 0,
    add column usage             json not null default '{}', -- what amount is the price of
    add column note              text not null default '';
update ledger_entry set holder_nano_usd = -amount_nano_usd,
    subjects = array_remove(array[tenant_id, user_id, key_id], null),
    usage = json_build_object('input', input_tokens, 'cached', cached_tokens, 'output', output_tokens);
alter table ledger_entry
    drop column id, drop column input_tokens, drop column cached_tokens, drop column output_tokens,
    add primary key (tenant_id, call_id, attempt, kind, n),
    add constraint ledger_entry_kind_check check (kind in ('reserve', 'settle', 'correct', 'lost')),
    add constraint ledger_balances check (holder_nano_usd + reserved_nano_usd + amount_nano_usd = 0);
drop index ledger_entry_user;
create index ledger_entry_payer on ledger_entry (tenant_id, (coalesce(key_id, user_id)), at) where kind <> 'reserve';
create index ledger_entry_at on ledger_entry (tenant_id, at) where kind <> 'reserve';
select set_config('nexus.definer', '', true);
