package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
)

// TestATeamsBudgetBindsItsMembers goes the whole way: two teams made over the
// contract, a call with a member's key, a refusal that names the team whose
// budget is empty, and the call again once the member has left it.
func TestATeamsBudgetBindsItsMembers(t *testing.T) {
	t.Parallel()
	upstream := up.Serve(t, up.Answer("Hel", "lo"))
	dir := folder(t)
	p := start(t, dir, "NEXUS_ALLOW_NET=127.0.0.0/8")
	acme := newTeam(t, dir, upstream.URL)
	acme.price(dir, upstream.URL)
	bearer := acme.login(p.url)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var owner string
	if err := acme.db.Tenant(ctx, acme.id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select id::text from app_user`).Scan(&owner)
	}); err != nil {
		t.Fatal(err)
	}
	create := func(path string, body, into any) {
		t.Helper()
		status, answer := post(ctx, p.url+path, bearer, body)
		if err := json.Unmarshal(answer, into); err != nil || status != http.StatusCreated {
			t.Fatalf("%s: %d %s", path, status, answer)
		}
	}
	var poor, rich httpapi.Team
	create("/api/admin/teams", httpapi.NewTeam{Name: "Research", Members: []string{owner}}, &poor)
	create("/api/admin/teams", httpapi.NewTeam{Name: "Tools", Members: []string{owner}}, &rich)
	var b httpapi.Budget
	create("/api/admin/budgets", httpapi.NewBudget{HolderKind: "team", HolderID: poor.ID, Period: "month", AmountNanoUSD: 1}, &b)
	create("/api/admin/budgets", httpapi.NewBudget{HolderKind: "team", HolderID: rich.ID, Period: "month", AmountNanoUSD: 1e9}, &b)
	var key httpapi.CreatedKey
	create("/api/admin/keys", httpapi.NewKey{Name: "mine"}, &key)

	question := map[string]any{"model": "paid", "stream": true, "messages": []any{map[string]string{"role": "user", "content": "hi"}}}
	status, answer := post(ctx, p.url+"/v1/chat/completions", key.Secret, question)
	if status != http.StatusPaymentRequired || !strings.Contains(string(answer), `your team \"Research\"`) {
		t.Errorf("a member's call: %d %s", status, answer)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodDelete, p.url+"/api/admin/teams/"+poor.ID+"/members/"+owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("leaving: %v %v", resp, err)
	}
	resp.Body.Close()
	if status, answer := post(ctx, p.url+"/v1/chat/completions", key.Secret, question); status != http.StatusOK {
		t.Errorf("once they have left: %d %s", status, answer)
	}
	// The call counts for the team that they are still in, and for the other one no more.
	acme.have(`select count(*) from budget_period where subject = $1 and spent_nano_usd = 3 * 1000 + 2 * 10000`, 1, rich.ID)
	acme.have(`select count(*) from budget_period where subject = $1 and spent_nano_usd > 0`, 0, poor.ID)
}
