package policy_test

import (
	"slices"
	"testing"

	"nexusai/backend/httpapi"
	"nexusai/server/policy"
)

func TestWhatEachRoleMayDo(t *testing.T) {
	t.Parallel()
	all := []httpapi.Permission{
		httpapi.UseChat, httpapi.UseModels, httpapi.ReadDashboard, httpapi.ReadLogs, httpapi.ReadUsers, httpapi.WriteUsers,
		httpapi.ReadKeys, httpapi.WriteKeys, httpapi.ReadProviders, httpapi.WriteProviders, httpapi.ReadAudit,
		httpapi.ReadLimits, httpapi.WriteLimits, httpapi.ReadCosts, httpapi.WriteContents,
	}
	may := map[string]string{ // in the order of all
		policy.Owner: "+++++++++++++++", policy.Admin: "++++++++++++++-", policy.Developer: "++++--+++--+-+-",
		policy.Member: "++-------------", policy.Auditor: "--+++-+-+-++-+-", "stranger": "---------------",
	}
	for role, row := range may {
		got := policy.Permissions(role)
		for i, p := range all {
			if want := row[i] == '+'; slices.Contains(got, p) != want {
				t.Errorf("%s: %s is %v, want %v", role, p, !want, want)
			}
		}
	}
}

func TestNobodyReachesAboveTheirRole(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		actor, target string
		want          bool
	}{
		{policy.Owner, policy.Owner, true},
		{policy.Admin, policy.Owner, false},
		{policy.Admin, policy.Admin, true},
		{policy.Developer, policy.Member, false},
		{policy.Auditor, policy.Member, false},
		{policy.Owner, "stranger", false},
		{"", policy.Member, false},
		{policy.Operator, policy.Owner, true},
		{policy.Owner, policy.Operator, false},
	} {
		if got := policy.MayManage(tt.actor, tt.target); got != tt.want {
			t.Errorf("%q over %q is %v", tt.actor, tt.target, got)
		}
	}
}

func TestAKeyNeverExceedsItsMaker(t *testing.T) {
	t.Parallel()
	both := []string{"models.use", "logs.read", "users.write"}
	for _, tt := range []struct {
		maker string
		want  []httpapi.Permission
	}{
		{"", []httpapi.Permission{httpapi.UseModels, httpapi.ReadLogs}},
		{policy.Admin, []httpapi.Permission{httpapi.UseModels, httpapi.ReadLogs}},
		{policy.Member, []httpapi.Permission{httpapi.UseModels}},
		{policy.Auditor, []httpapi.Permission{httpapi.ReadLogs}},
		{"stranger", nil},
	} {
		if got := policy.KeyPermissions(both, tt.maker); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.maker, got, tt.want)
		}
	}
}

func TestWhoCanBeLetReadContents(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]bool{
		policy.Owner: true, policy.Admin: true, policy.Developer: true, policy.Auditor: true, policy.Member: false, policy.Operator: false, "": false,
	} {
		if got := policy.MayReadContents(role); got != want || got != slices.Contains(policy.Permissions(role), httpapi.ReadLogs) {
			t.Errorf("%q is %v", role, got)
		}
	}
	for _, role := range policy.ContentReaders() {
		if !policy.MayReadContents(role) {
			t.Errorf("%s reads without being asked, and may not", role)
		}
	}
}
