-- Teams are made and filled in the console, by nexusctl and from files
-- (nexusai/server/team).

alter table team
    add column source text not null default 'console' check (source in ('console', 'file'));
alter table team_member
    add column added_at timestamptz not null default now();
create index team_member_of_user on team_member (tenant_id, user_id);
