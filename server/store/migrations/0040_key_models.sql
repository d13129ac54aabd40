-- A key can be good for some models only. Empty: for all; "x*" is all that
-- begin with x.
alter table api_key add column models text[] not null default '{}'
    check (cardinality(models) <= 100);
