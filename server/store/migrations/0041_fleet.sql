-- Pools of keys, deployments with settings of their own, aliases with ordered
-- fallbacks, what a team allows, and prices set by hand with their history.

select nexus.elevate();

alter table inference_log
    drop constraint inference_log_surface_check,
    add constraint inference_log_surface_check check (surface in ('chat', 'v1', 'playground'));

alter table provider
    drop constraint provider_kind_check,
    add constraint provider_kind_check check (kind in ('openai', 'azure', 'anthropic', 'gemini', 'deepseek', 'mistral', 'meta',
        'vllm', 'llamacpp', 'ollama', 'whisper', 'cohere', 'jina', 'compatible', 'local')),
    add column region      text not null default '' check (length(region) <= 40),
    add column api_version text not null default '' check (length(api_version) <= 40);

-- Several keys of one provider are used side by side. A key that was there
-- before has its provider's id, for which it was sealed.
create table provider_key (
    tenant_id   uuid not null references tenant,
    id          uuid not null,
    provider_id uuid not null,
    name        text not null check (length(name) between 1 and 120),
    sealed      bytea not null, -- with tenant, provider and id as associated data
    enabled     boolean not null default true,
    reference   text not null default '' check (length(reference) <= 1000), -- where a file says the secret is: "env:NAME"
    created_at  timestamptz not null default now(),
    rotated_at  timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint provider_key_name unique (tenant_id, provider_id, name),
    foreign key (tenant_id, provider_id) references provider on delete cascade
);
select nexus.protect('provider_key');

insert into provider_key (tenant_id, id, provider_id, name, sealed, created_at, rotated_at)
select tenant_id, id, id, 'default', key_sealed, created_at, updated_at from provider where key_sealed is not null;
alter table provider drop column key_sealed;

-- Prices in nano US dollars, set by hand, for a provider's model. A row is
-- never changed: the latest that has begun holds. No foreign key: the history
-- outlives its provider.
create table price_override (
    tenant_id        uuid not null references tenant,
    id               uuid not null,
    provider_id      uuid not null,
    upstream         text not null check (length(upstream) between 1 and 200),
    valid_from       timestamptz not null,
    withdrawn        boolean not null, -- the catalogue's price holds again
    input_nano       bigint check (input_nano >= 0),       -- a million tokens, as those that follow
    cached_nano      bigint check (cached_nano >= 0),
    cache_write_nano bigint check (cache_write_nano >= 0),
    cache_hour_nano  bigint check (cache_hour_nano >= 0),
    audio_in_nano    bigint check (audio_in_nano >= 0),
    output_nano      bigint check (output_nano >= 0),
    reasoning_nano   bigint check (reasoning_nano >= 0),
    audio_out_nano   bigint check (audio_out_nano >= 0),
    char_nano        bigint check (char_nano >= 0),        -- a million characters
    minute_nano      bigint check (minute_nano >= 0),
    image_nano       bigint check (image_nano >= 0),
    search_nano      bigint check (search_nano >= 0),
    note             text not null default '' check (length(note) <= 500),
    created_at       timestamptz not null default now(),
    created_by       text not null, -- in words
    primary key (tenant_id, id)
);
select nexus.protect('price_override');
revoke update, delete on price_override from nexus_app;
create index price_override_of on price_override (tenant_id, provider_id, upstream, valid_from);

-- Of two names for one model the dearer price is kept.
insert into price_override (tenant_id, id, provider_id, upstream, valid_from, withdrawn, input_nano, output_nano, created_at, created_by)
select distinct on (m.tenant_id, m.provider_id, m.upstream) m.tenant_id, gen_random_uuid(), m.provider_id, m.upstream, p.created_at, false,
    coalesce(m.input_nano_usd, 0) * 1000, coalesce(m.output_nano_usd, 0) * 1000, p.updated_at, 'operator'
from provider_model m join provider p on p.tenant_id = m.tenant_id and p.id = m.provider_id
where m.input_nano_usd is not null or m.output_nano_usd is not null
order by m.tenant_id, m.provider_id, m.upstream, coalesce(m.input_nano_usd, 0) + coalesce(m.output_nano_usd, 0) desc;

alter table provider_model rename to deployment;
alter table deployment rename column id to model;
alter table deployment rename constraint provider_model_pkey to deployment_name;
alter table deployment
    drop constraint deployment_name,
    drop constraint provider_model_kind_check,
    drop column input_nano_usd,
    drop column output_nano_usd,
    add column id             uuid not null default gen_random_uuid(),
    add column enabled        boolean not null default true,
    add column region         text not null default '' check (length(region) <= 40), -- empty: the provider's
    add column weight         integer not null default 1 check (weight between 1 and 1000),
    add column priority       integer not null default 0 check (priority between 0 and 100),
    add column connect_ms     bigint not null default 0 check (connect_ms >= 0), -- 0: the default, as of the two that follow
    add column first_token_ms bigint not null default 0 check (first_token_ms >= 0),
    add column between_ms     bigint not null default 0 check (between_ms >= 0),
    add column context_tokens integer check (context_tokens > 0), -- null: the catalogue's, as of all that follow
    add column max_output     integer check (max_output > 0),
    add column images         boolean,
    add column tools          boolean,
    add column schema         boolean,
    add column reasoning      boolean,
    add column prefill        boolean;
alter table deployment
    alter column id drop default,
    add constraint deployment_kind_check check (kind in ('chat', 'embedding', 'transcription', 'speech', 'rerank')),
    add primary key (tenant_id, id),
    add constraint deployment_name unique (tenant_id, provider_id, model);

alter table model_alias
    add column targets              text[] check (cardinality(targets) between 1 and 20), -- in the order in which they are asked
    add column larger               text not null default '' check (length(larger) <= 200),
    add column regions              text[] not null default '{}' check (cardinality(regions) <= 20),
    add column max_input_nano_usd   bigint check (max_input_nano_usd >= 0), -- for a million tokens
    add column max_output_nano_usd  bigint check (max_output_nano_usd >= 0),
    add column hedge_after_ms       bigint not null default 0 check (hedge_after_ms >= 0),
    add column source               text not null default 'file' check (source in ('console', 'file'));
update model_alias set targets = array[model];
alter table model_alias
    alter column targets set not null,
    alter column source drop default,
    drop column model;

-- What holds for all of a team's calls; no row: nothing is forbidden.
create table routing_policy (
    tenant_id           uuid primary key references tenant,
    regions             text[] not null check (cardinality(regions) <= 20),
    max_input_nano_usd  bigint check (max_input_nano_usd >= 0),
    max_output_nano_usd bigint check (max_output_nano_usd >= 0),
    role_models         jsonb not null -- lists of models by role
);
select nexus.protect('routing_policy');
