package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// usage answers whatever the test needs through the smallest group of the
// contract.
type usage struct{ err error }

func (u usage) Spend(context.Context) (httpapi.Spend, error) {
	return httpapi.Spend{CallsToday: 3}, u.err
}

type auth struct{ permissions []httpapi.Permission }

func (a auth) Authenticate(r *http.Request) (httpapi.Caller, error) {
	if r.Header.Get("Authorization") != "Bearer good" {
		return httpapi.Caller{}, fault.New(fault.Unauthenticated, "Sign in first.", nil)
	}
	return httpapi.Caller{UserID: "u", Permissions: a.permissions}, nil
}

func serve(t *testing.T, u usage, a auth) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	api := httpapi.New(mux, httpapi.Config{Auth: a, Log: slog.New(slog.DiscardHandler)})
	httpapi.RegisterChat(api, nil, nil, u)
	return mux
}

func TestGuardAndProblems(t *testing.T) {
	t.Parallel()
	chat := auth{permissions: []httpapi.Permission{httpapi.UseChat}}
	secret := errors.New("password=hunter2")
	for _, tt := range []struct {
		name, token, method, path, body string
		auth                            auth
		err                             error
		status                          int
		want                            string
	}{
		{"anonymous", "", "GET", "/api/usage/today", "", chat, nil, 401, "auth.required"},
		{"signed in", "good", "GET", "/api/usage/today", "", auth{}, nil, 200, `"calls_today":3`},
		{"without the permission", "good", "GET", "/api/models", "", auth{}, nil, 403, "auth.forbidden"},
		{"unknown cause", "good", "GET", "/api/usage/today", "", auth{}, secret, 500, `"id":"`},
		{"a fault", "good", "GET", "/api/usage/today", "", auth{}, fault.New(fault.NotFound, "Gone.", secret), 404, "not_found"},
		{"malformed", "good", "POST", "/api/chat", "{", chat, nil, 400, "request.invalid"},
		{"wrong type", "good", "POST", "/api/chat", `{"model":3}`, chat, nil, 422, "body.model"},
		{"too large", "good", "POST", "/api/chat", `{"text":"` + strings.Repeat("x", 5<<20) + `"}`, chat, nil, 413, "request.too_large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
			if tt.token != "" {
				r.Header.Set("Authorization", "Bearer "+tt.token)
			}
			w := httptest.NewRecorder()
			serve(t, usage{tt.err}, tt.auth).ServeHTTP(w, r)
			text := w.Body.String()
			if w.Code != tt.status || !strings.Contains(text, tt.want) {
				t.Fatalf("got %d %s, want %d with %s", w.Code, text, tt.status, tt.want)
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("%s leaks the cause", text)
			}
			if w.Code >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("content type %q", w.Header().Get("Content-Type"))
			}
		})
	}
}

func TestDocumentIsOneOpenAPI31(t *testing.T) {
	t.Parallel()
	raw, err := httpapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("openapi %q", doc.OpenAPI)
	}
	for _, path := range []string{"/api/auth/login", "/api/conversations", "/api/chat", "/api/chat/stream", "/api/admin/keys", "/api/local/status"} {
		if len(doc.Paths[path]) == 0 {
			t.Errorf("%s is missing", path)
		}
	}
}

// TestAProblemBecomesTheFaultItWas: the desktop hands on what the server said.
func TestAProblemBecomesTheFaultItWas(t *testing.T) {
	t.Parallel()
	resets := time.Date(2026, 12, 1, 0, 0, 0, 0, time.FixedZone("", -3*3600))
	f := &fault.Fault{
		Code: fault.QuotaSpent, Safe: "Spent.", Key: "fault.x", Hint: "Ask Ana.", HintKey: "hint.x", ID: "abc", RetryAfter: 90 * time.Second,
		Bound: &fault.Bound{Kind: "budget", Holder: "team", Amount: 5, Period: "month", ResetsAt: &resets, Zone: "America/Sao_Paulo", Contact: "Ana"},
	}
	raw, err := json.Marshal(httpapi.ProblemOf(f))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), `"resets_at":"2026-12-01T00:00:00-03:00"`) {
		t.Errorf("%s lacks the hour of the tenant", raw)
	}
	var p httpapi.Problem
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(httpapi.ProblemOf(p.Fault(errors.New("the cause"))))
	if err != nil || string(again) != string(raw) {
		t.Errorf("%s became %s: %v", raw, again, err)
	}
}
