-- Responses that a caller may go on from by previous_response_id, or read again.
-- What was said is sealed. They belong to the key that made them, or to the
-- person who had none.

create table kept_response (
    tenant_id  uuid not null references tenant,
    holder     uuid not null, -- api_key or app_user
    id         text not null check (length(id) between 1 and 200),
    previous   text not null default '' check (length(previous) <= 200), -- what it went on from; may be gone
    sealed     bytea not null, -- its input and itself
    bytes      integer not null check (bytes >= 0), -- of them, unsealed
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (tenant_id, holder, id)
);
select nexus.protect('kept_response');
create index kept_response_expires on kept_response (tenant_id, expires_at);
create index kept_response_created on kept_response (tenant_id, holder, created_at);
