-- What a process held whose journal is lost counts in budget_period.lost_nano_usd
-- until its period ends. The ledger has no line of it: it says what providers
-- are owed, of which a slice that was lent out says nothing.
alter table ledger_entry
    drop constraint ledger_entry_kind_check,
    add constraint ledger_entry_kind_check check (kind in ('reserve', 'settle', 'correct'));
drop index ledger_entry_corrections;
create index ledger_entry_corrections on ledger_entry (tenant_id, at) where kind = 'correct';
