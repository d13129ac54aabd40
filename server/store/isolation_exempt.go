package store

// Exempt lists the tables without a tenant column and why each is safe
// without one; "schema.*" stands for a whole schema. The isolation test fails
// for a table that is neither under row-level security nor listed here, and for
// an entry whose table is gone.
func Exempt() map[string]string {
	return map[string]string{
		"public.nexus_migration": "which migrations ran: no data of a tenant, nexus_app may only read it",
		"public.partitioned_log": "how long each log table is kept: no data of a tenant, nexus_app may only read it",
		"public.sign_in_attempt": "tries to sign in come before there is a tenant; it holds keyed hashes of addresses and networks",
		"public.tenant":          "its id is the tenant: row-level security compares that column instead",
		"river.*":                "the job queue's own tables; arguments name a tenant by id and hold none of its content",
	}
}
