-- A key can take answers that were given before to the same request.
alter table api_key add column cache boolean not null default false;
