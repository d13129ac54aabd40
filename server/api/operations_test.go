package api_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
)

// try asks the playground and returns the events of its answer.
func (v *vertical) try(token string, t httpapi.Trial) (events []httpapi.TrialEvent) {
	v.t.Helper()
	got := v.call(token, "POST", "/api/playground", t).want(200)
	if kind := got.Header().Get("Content-Type"); kind != "text/event-stream" {
		v.t.Fatalf("content type %q: %s", kind, got.Body)
	}
	for _, block := range strings.Split(strings.TrimSuffix(got.Body.String(), "\n\n"), "\n\n") {
		var e httpapi.TrialEvent
		data, _ := strings.CutPrefix(block, "data: ")
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			v.t.Fatalf("%q: %v", block, err)
		}
		events = append(events, e)
	}
	return events
}

// stored waits until the log's calls are in the database.
func (v *vertical) stored(n int) {
	v.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		report := decode[httpapi.CostReport](v.call(v.acme.owner, "GET", "/api/admin/costs", nil).want(200))
		if report.Total.Calls == int64(n) {
			return
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("stored %+v, want %d", report.Total, n)
		}
	}
}

func TestAPlaygroundAnswerIsMeteredAndLeavesNoConversation(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("Hel", "lo"))
	p := v.provider()
	in, out := int64(1_000_000_000_000), int64(2_000_000_000_000)
	v.call(v.acme.owner, "POST", "/api/admin/prices", httpapi.NewPriceOverride{ProviderID: p.ID, Upstream: "m", Rates: httpapi.Rates{InputNanoUSD: &in, OutputNanoUSD: &out}}).want(201)
	ask := httpapi.Trial{Model: "m", Messages: []httpapi.TrialMessage{{Role: "user", Text: "hi"}}}
	events := v.try(v.acme.owner, ask)
	text := ""
	for _, e := range events {
		text += e.Text
	}
	last := events[len(events)-1]
	if text != "Hello" || last.Type != "done" || last.Outcome.Deployment != "Scripted" || last.Outcome.CostNanoUSD == 0 || last.Outcome.OutputTokens == 0 {
		t.Fatalf("events %+v, last %+v", events, last.Outcome)
	}
	v.call(v.acme.owner, "GET", "/api/conversations", nil).want(200, `"items":[]`)
	v.call(v.acme.owner, "POST", "/api/playground", httpapi.Trial{Model: "nope", Messages: ask.Messages}).want(404, "model.unknown")

	detail := decode[httpapi.LogDetail](v.call(v.acme.owner, "GET", "/api/admin/logs/"+last.Outcome.CallID, nil).want(200))
	if detail.Surface != "playground" || detail.CostNanoUSD != last.Outcome.CostNanoUSD || detail.Contents != "not_kept" {
		t.Errorf("detail %+v", detail)
	}
	v.stored(2)
	stored := decode[httpapi.LogDetail](v.call(v.acme.owner, "GET", "/api/admin/logs/"+strings.ToUpper(last.Outcome.CallID), nil).want(200))
	if len(stored.Tries) != 1 || stored.Tries[0].OutputTokens != last.Outcome.OutputTokens || stored.Tries[0].Deployment != "Scripted" {
		t.Errorf("stored %+v", stored)
	}
}

func TestLogsAreFilteredExportedAndAddedUp(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("one"), up.Answer("two"))
	v.provider()
	me := v.acme.owner
	ask := httpapi.Trial{Model: "m", Messages: []httpapi.TrialMessage{{Role: "user", Text: "canary-prompt"}}}
	first := v.try(me, ask)
	v.try(me, ask)
	v.call(me, "POST", "/api/playground", httpapi.Trial{Model: `=HYPERLINK("x")`, Messages: ask.Messages}).want(404)
	v.stored(3)
	id := first[len(first)-1].Outcome.CallID
	for query, want := range map[string]int{
		"": 3, "?surface=playground": 3, "?surface=v1": 0, "?error_code=model.unknown": 1, "?deployment=Scripted": 2, "?q=" + id[20:]: 1,
		"?q=" + strings.ToUpper(id): 1, "?min_cost=1": 0, "?max_cost=5": 3, "?operation=chat&state=ok": 2, "?operation=speech": 0, "?q=%00": 0,
	} {
		page := decode[httpapi.LogPage](v.call(me, "GET", "/api/admin/logs"+query, nil).want(200))
		if len(page.Items) != want || page.Totals.Calls != int64(want) {
			t.Errorf("%q: %d calls, totals %+v, want %d", query, len(page.Items), page.Totals, want)
		}
	}
	file := v.call(me, "GET", "/api/admin/logs/export", nil).want(200)
	rows, err := csv.NewReader(file.Body).ReadAll()
	if err != nil || len(rows) != 4 || rows[1][4] != `'=HYPERLINK("x")` || !strings.Contains(file.Header().Get("Content-Disposition"), "calls.csv") {
		t.Errorf("table %v %v", rows, err)
	}
	lines := v.call(me, "GET", "/api/admin/logs/export?format=ndjson&state=ok", nil).want(200).Body.String()
	if strings.Count(lines, "\n") != 2 || strings.Contains(lines, "canary") {
		t.Errorf("lines %s", lines)
	}
	for _, by := range []string{"model", "user", "key", "day", "deployment"} {
		report := decode[httpapi.CostReport](v.call(me, "GET", "/api/admin/costs?by="+by, nil).want(200))
		if report.Total.Calls != 3 || report.Total.Failed != 1 || report.Total.Unpriced != 2 || report.Zone != "UTC" || len(report.Rows) == 0 || len(report.Days) == 0 {
			t.Errorf("by %s: %+v", by, report)
		}
	}
	v.call(me, "GET", "/api/admin/costs?by=user", nil).want(200, "Owner Example")
	v.call(me, "GET", "/api/admin/costs/export?by=user", nil).want(200, "user,name,calls", "Owner Example")
	v.call(me, "GET", "/api/admin/costs?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", nil).want(400)
	v.call(me, "GET", "/api/admin/refusals", nil).want(200, "[]")
}

// TestCallsAreTheirTeamsAlone asks for acme's calls as nobody, as a member, and
// as the owner of another team.
func TestCallsAreTheirTeamsAlone(t *testing.T) {
	t.Parallel()
	v := newVertical(t, up.Answer("one"))
	v.provider()
	events := v.try(v.acme.owner, httpapi.Trial{Model: "m", Messages: []httpapi.TrialMessage{{Role: "user", Text: "x"}}})
	id := events[len(events)-1].Outcome.CallID
	v.stored(1)
	member := v.join(v.acme, "bo@acme.test", "member").AccessToken
	for path, other := range map[string]int{
		"/api/admin/logs/" + id: 404, "/api/admin/logs/export": 200, "/api/admin/logs/export?format=ndjson": 200,
		"/api/admin/costs": 200, "/api/admin/costs/export": 200, "/api/admin/refusals": 200,
	} {
		v.call("", "GET", path, nil).want(401)
		v.call(member, "GET", path, nil).want(403)
		got := v.call(v.beta.owner, "GET", path, nil).want(other).Body.String()
		if strings.Contains(got, "Scripted") || strings.Contains(got, id) {
			t.Errorf("%s shows %s", path, got)
		}
	}
	v.call("", "POST", "/api/playground", httpapi.Trial{Model: "m", Messages: []httpapi.TrialMessage{{Role: "user", Text: "x"}}}).want(401)
	v.call(v.beta.owner, "POST", "/api/playground", httpapi.Trial{Model: "m", Messages: []httpapi.TrialMessage{{Role: "user", Text: "x"}}}).want(404)
}
