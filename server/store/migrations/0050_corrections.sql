-- Reports of costs add up what invoices said of calls; such lines are few.
create index ledger_entry_corrections on ledger_entry (tenant_id, at) where kind in ('correct', 'lost');
