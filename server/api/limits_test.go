package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
)

const limitsPath = "/api/admin/limits"

func aLimit(kind, id string) map[string]any {
	return map[string]any{"holder_kind": kind, "holder_id": id, "measure": "requests", "amount": 60}
}

func TestLimitsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := decode[httpapi.Limit](w.call(w.acme.owner, "POST", limitsPath, aLimit("user", w.acme.ownerID)).want(201))
	if made.WindowSeconds != 60 || made.OnFailure != "closed" || made.Sharing != "process" || made.Source != "console" {
		t.Errorf("made %+v", made)
	}
	w.call(w.acme.owner, "POST", limitsPath, aLimit("user", w.acme.ownerID)).want(409)
	changed := decode[httpapi.Limit](w.call(w.acme.owner, "PATCH", limitsPath+"/"+made.ID, map[string]any{"amount": 5, "on_failure": "open"}).want(200))
	if changed.Amount != 5 || changed.OnFailure != "open" || changed.WindowSeconds != 60 {
		t.Errorf("changed %+v", changed)
	}
	all := decode[[]httpapi.Limit](w.call(w.acme.owner, "GET", limitsPath, nil).want(200))
	if len(all) != 1 || all[0].Holder != "Owner Example" || all[0].Used == nil || *all[0].Used != 0 {
		t.Errorf("listed %+v", all)
	}
	w.call(w.acme.owner, "GET", "/api/admin/audit", nil).want(200, "limit.created", "limit.changed")
	w.call(w.acme.owner, "DELETE", limitsPath+"/"+made.ID, nil).want(204)
	w.call(w.acme.owner, "DELETE", limitsPath+"/"+made.ID, nil).want(404)
}

func TestLimitsOfAnotherTenantAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := decode[httpapi.Limit](w.call(w.acme.owner, "POST", limitsPath, aLimit("tenant", "")).want(201))
	w.call(w.beta.owner, "POST", limitsPath, aLimit("user", w.acme.ownerID)).want(404)
	w.call(w.beta.owner, "PATCH", limitsPath+"/"+mine.ID, map[string]any{"amount": 1}).want(404)
	w.call(w.beta.owner, "DELETE", limitsPath+"/"+mine.ID, nil).want(404)
	if all := decode[[]httpapi.Limit](w.call(w.beta.owner, "GET", limitsPath, nil).want(200)); len(all) != 0 {
		t.Errorf("another tenant sees %+v", all)
	}
	for _, r := range []struct{ method, path string }{{"GET", limitsPath}, {"POST", limitsPath}, {"PATCH", limitsPath + "/" + mine.ID}, {"DELETE", limitsPath + "/" + mine.ID}} {
		w.call("", r.method, r.path, aLimit("tenant", "")).want(http.StatusUnauthorized)
	}
}

func TestWhatIsNoLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]map[string]any{
		"nothing allowed":       {"amount": 0},
		"a window of no time":   {"measure": "requests", "window_seconds": -1},
		"window of concurrency": {"measure": "concurrency", "window_seconds": 60},
		"unknown holder":        {"holder_kind": "planet"},
		"unknown measure":       {"measure": "pages"},
		"no id":                 {"holder_kind": "key", "holder_id": "x"},
		"id of the tenant":      {"holder_kind": "tenant", "holder_id": uuid.NewString()},
		"zero byte":             {"holder_kind": "model", "holder_id": "a\x00b"},
		"too long":              {"holder_kind": "model", "holder_id": strings.Repeat("x", 500)},
	} {
		body := aLimit("tenant", "")
		for k, v := range change {
			body[k] = v
		}
		if a := w.call(w.acme.owner, "POST", limitsPath, body); a.Code != 400 && a.Code != 422 {
			t.Errorf("%s: %d %s", name, a.Code, a.Body)
		}
	}
	day := decode[httpapi.Limit](w.call(w.acme.owner, "POST", limitsPath, map[string]any{
		"holder_kind": "model", "holder_id": "gpt · ü", "measure": "input_tokens", "amount": 1, "window_seconds": int((24 * time.Hour).Seconds()),
	}).want(201))
	if day.WindowSeconds != 86400 || day.HolderID != "gpt · ü" {
		t.Errorf("%+v", day)
	}
}

// TestALimitOfADeploymentSaysWhich: its id says nothing to people.
func TestALimitOfADeploymentSaysWhich(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	provider, deployment := uuid.NewString(), uuid.NewString()
	w.must(w.db.Tenant(t.Context(), w.acme.id, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `insert into provider (tenant_id, id, name, kind, source, base_url)
			values (nexus.tenant_id(), $1, 'Rack 2', 'vllm', 'console', 'https://rack.acme.test/v1')`, provider); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `insert into deployment (tenant_id, provider_id, id, model, upstream, kind, position)
			values (nexus.tenant_id(), $1, $2, 'fast', 'vendor/fast', 'chat', 0)`, provider, deployment)
		return err
	}))
	w.call(w.acme.owner, "POST", limitsPath, aLimit("deployment", deployment)).want(201)
	if all := decode[[]httpapi.Limit](w.call(w.acme.owner, "GET", limitsPath, nil).want(200)); len(all) != 1 || all[0].Holder != "fast · Rack 2" {
		t.Errorf("listed %+v", all)
	}
}
