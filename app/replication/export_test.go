package replication

import "database/sql"

// NewStore opens the store for the conformance suite.
func NewStore(db *sql.DB) *store { return &store{db} }
