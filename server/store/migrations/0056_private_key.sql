-- What is asked and answered with such a key is never kept, whatever the
-- tenant's policy says.
alter table api_key add column private boolean not null default false;
