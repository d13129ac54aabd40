// Package policy says what each role may do.
package policy

import (
	"slices"

	"nexusai/backend/httpapi"
)

// The roles that every tenant has.
const (
	Owner     = "owner"
	Admin     = "admin"
	Developer = "developer"
	Member    = "member"
	Auditor   = "auditor"
)

// Operator is whoever runs nexusctl on the server's machine. It is no role that
// a member could have: Known does not know it.
const Operator = "operator"

// roles is the whole table. The last column is what a role may do to people: an
// admin runs the team but can neither make nor touch an owner, nor decide whose
// words are kept and who reads them.
var roles = map[string]struct {
	permissions []httpapi.Permission
	manages     []string
}{
	Owner: {
		permissions: slices.Concat(everything, []httpapi.Permission{httpapi.WriteContents}),
		manages:     []string{Owner, Admin, Developer, Member, Auditor},
	},
	Admin: {
		permissions: everything,
		manages:     []string{Admin, Developer, Member, Auditor},
	},
	Developer: {permissions: []httpapi.Permission{
		httpapi.UseChat, httpapi.UseModels, httpapi.ReadDashboard, httpapi.ReadLogs,
		httpapi.ReadKeys, httpapi.WriteKeys, httpapi.ReadProviders, httpapi.ReadLimits, httpapi.ReadCosts,
	}},
	Member: {permissions: []httpapi.Permission{httpapi.UseChat, httpapi.UseModels}},
	Auditor: {permissions: []httpapi.Permission{
		httpapi.ReadDashboard, httpapi.ReadLogs, httpapi.ReadUsers, httpapi.ReadKeys,
		httpapi.ReadProviders, httpapi.ReadAudit, httpapi.ReadLimits, httpapi.ReadCosts,
	}},
}

var everything = []httpapi.Permission{
	httpapi.UseChat, httpapi.UseModels, httpapi.ReadDashboard, httpapi.ReadLogs,
	httpapi.ReadUsers, httpapi.WriteUsers, httpapi.ReadKeys, httpapi.WriteKeys,
	httpapi.ReadProviders, httpapi.WriteProviders, httpapi.ReadAudit,
	httpapi.ReadLimits, httpapi.WriteLimits, httpapi.ReadCosts,
}

// keyScopes are what an API key may carry: never the right to manage people,
// keys or providers.
var keyScopes = []httpapi.Permission{httpapi.UseModels, httpapi.ReadLogs}

// Known says whether role exists.
func Known(role string) bool {
	_, ok := roles[role]
	return ok
}

// Permissions of a role, in a stable order; an unknown role has none. The
// caller owns the result.
func Permissions(role string) []httpapi.Permission {
	return slices.Clone(roles[role].permissions)
}

// MayManage says whether somebody of role actor may invite, change, disable or
// reset somebody of role target, or give that role away.
func MayManage(actor, target string) bool {
	if actor == Operator {
		return Known(target)
	}
	return slices.Contains(roles[actor].manages, target)
}

// KeyScope says whether an API key may carry scope at all.
func KeyScope(scope string) bool {
	return slices.Contains(keyScopes, httpapi.Permission(scope))
}

// KeyPermissions is what a key with these scopes may do. A key never exceeds
// the role of the user who made it; maker is empty for the operator's keys,
// which only their scopes bind.
func KeyPermissions(scopes []string, maker string) []httpapi.Permission {
	out := []httpapi.Permission{}
	for _, scope := range scopes {
		allowed := maker == "" || slices.Contains(roles[maker].permissions, httpapi.Permission(scope))
		if KeyScope(scope) && allowed {
			out = append(out, httpapi.Permission(scope))
		}
	}
	return out
}

// ContentReaders are the roles that read what calls said where a tenant keeps
// it and did not say who may.
func ContentReaders() []string { return []string{Owner, Auditor} }

// MayBeReaders are the roles that a tenant can let read what calls said: those
// that see the log.
func MayBeReaders() []string { return []string{Owner, Admin, Developer, Auditor} }

// MayReadContents says whether role is one of MayBeReaders.
func MayReadContents(role string) bool { return slices.Contains(MayBeReaders(), role) }
