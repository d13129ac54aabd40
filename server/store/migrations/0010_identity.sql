-- People, their sessions and one-time links, and API keys. Secrets are kept as
-- hashes only; refresh tokens are not kept at all, but derived from a seed.

create table app_user (
    tenant_id     uuid not null references tenant,
    id            uuid not null,
    email         citext not null check (length(email) between 3 and 254),
    name          text not null default '' check (length(name) <= 120),
    role          text not null check (role in ('owner', 'admin', 'developer', 'member', 'auditor')),
    password_hash text,        -- a PHC string; null until an invite or set-up link is answered
    created_at    timestamptz not null,
    seen_at       timestamptz,
    disabled_at   timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, email)
);
select nexus.protect('app_user');
create index app_user_by_email on app_user (email);

create table user_session (
    tenant_id   uuid not null,
    id          uuid not null,
    user_id     uuid not null,
    device_id   uuid not null,
    device_name text not null,
    cookie      boolean not null, -- the console's: its tokens travel in cookies only
    seed        bytea not null,   -- with the master key, all refresh tokens of this session follow from it
    generation  integer not null, -- of the refresh token that is valid now
    rotated_at  timestamptz not null,
    created_at  timestamptz not null,
    seen_at     timestamptz not null,
    expires_at  timestamptz not null, -- moves with every refresh
    ends_at     timestamptz not null, -- never moves
    revoked_at  timestamptz,
    revoked_why text,
    ip          text not null,
    user_agent  text not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references app_user
);
select nexus.protect('user_session');
create index user_session_of_user on user_session (tenant_id, user_id) where revoked_at is null;

create table one_time_link (
    tenant_id  uuid not null,
    id         uuid not null,
    kind       text not null check (kind in ('invite', 'setup', 'reset', 'console', 'desktop')),
    user_id    uuid not null,
    hash       bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, hash),
    foreign key (tenant_id, user_id) references app_user
);
select nexus.protect('one_time_link');
create index one_time_link_of_user on one_time_link (tenant_id, user_id) where used_at is null;

-- Opens one WebSocket, once; its row is deleted by the use.
create table socket_ticket (
    tenant_id  uuid not null,
    hash       bytea not null,
    session_id uuid not null,
    expires_at timestamptz not null,
    primary key (tenant_id, hash),
    foreign key (tenant_id, session_id) references user_session on delete cascade
);
select nexus.protect('socket_ticket');

create table api_key (
    tenant_id  uuid not null,
    id         uuid not null,
    name       text not null check (length(name) between 1 and 120),
    prefix     text not null,
    hash       bytea not null, -- HMAC under a key that is not in the database
    scopes     text[] not null,
    created_by uuid,           -- null: the operator
    created_at timestamptz not null,
    expires_at timestamptz,
    used_at    timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, hash),
    foreign key (tenant_id) references tenant,
    foreign key (tenant_id, created_by) references app_user
);
select nexus.protect('api_key');
create index api_key_by_hash on api_key (hash);

-- What every process must hear of within a second: it polls by transaction id,
-- so that a row that commits late is not passed over.
create table revocation (
    tenant_id  uuid not null references tenant,
    id         bigint generated always as identity,
    kind       text not null check (kind in ('user', 'session', 'key')),
    subject_id uuid not null,
    xid        xid8 not null default pg_current_xact_id(),
    at         timestamptz not null default now(),
    primary key (tenant_id, id)
);
select nexus.protect('revocation');
create index revocation_by_xid on revocation (xid);

-- Tries to sign in, by address (as a keyed hash; empty: all addresses) and
-- network. There is no tenant yet, and unknown addresses count like known ones.
create table sign_in_attempt (
    subject       bytea not null,
    network       text not null,
    failures      integer not null,
    last_at       timestamptz not null,
    blocked_until timestamptz not null,
    primary key (subject, network)
);
create index sign_in_attempt_by_age on sign_in_attempt (last_at);
grant select, insert, update, delete on sign_in_attempt to nexus_app;

-- The one look-up before sign-in: who could this address or key hash belong to.
-- It gives ids; everything else is read inside the tenant.
create function nexus.sign_in_subjects(kind text, address citext, hashes bytea[])
    returns table (tenant_id uuid, id uuid)
    language sql stable security definer
    set search_path to public, pg_temp
    as $$select nexus.elevate();
        select u.tenant_id, u.id from public.app_user u where $1 = 'email' and u.email = $2
        union all
        select k.tenant_id, k.id from public.api_key k where $1 = 'key' and k.hash = any ($3)
        limit 20
    $$;
comment on function nexus.sign_in_subjects(text, citext, bytea[]) is 'Sign-in: tenant and id behind an address or an API key''s hash. Reveals ids.';

create function nexus.revocations_since(since xid8)
    returns table (tenant_id uuid, id bigint, kind text, subject_id uuid)
    language sql stable security definer
    set search_path to public, pg_temp
    as 'select nexus.elevate();
        select r.tenant_id, r.id, r.kind, r.subject_id from public.revocation r where r.xid >= $1';
comment on function nexus.revocations_since(xid8) is 'Every process, twice a second: whose access ended, in all tenants. Reveals ids.';
