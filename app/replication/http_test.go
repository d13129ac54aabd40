package replication_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"nexusai/app/replication"
	"nexusai/sync/replica"
	"nexusai/sync/wire"
)

type fixedToken struct{}

func (fixedToken) Token(context.Context, string) (string, error) { return "t", nil }

// TestWhatAnswersMean: only words that are certainly the server's condemn an
// operation; whatever a proxy or a hotel's page says only delays it.
func TestWhatAnswersMean(t *testing.T) {
	t.Parallel()
	problem := "application/problem+json"
	for name, c := range map[string]struct {
		status      int
		kind, body  string
		retry       string
		want        replica.FailureKind
		after       time.Duration
		unexplained bool // no *Refusal: the network's fault
	}{
		"a hotel's page":          {status: 200, kind: "text/html", body: "<html>welcome</html>", unexplained: true},
		"half an answer":          {status: 200, kind: "application/json", body: `{"results":[]}`, unexplained: true},
		"a proxy's 400":           {status: 400, kind: "text/html", body: "bad", want: replica.Transient},
		"a proxy's 404":           {status: 404, kind: "text/plain", body: "no", want: replica.Transient},
		"our 404":                 {status: 404, kind: problem, body: `{"code":"not_found"}`, want: replica.Transient},
		"our 400":                 {status: 400, kind: problem, body: `{"code":"request.invalid"}`, want: replica.Invalid},
		"our 413":                 {status: 413, kind: problem, body: `{"code":"request.too_large"}`, want: replica.Invalid},
		"401":                     {status: 401, kind: problem, body: `{"code":"auth.required"}`, want: replica.Unauthorized},
		"403":                     {status: 403, kind: "text/plain", body: "no", want: replica.Unauthorized},
		"a gap":                   {status: 409, kind: problem, body: `{"code":"gap","want":7}`, want: replica.Gap},
		"another conflict":        {status: 409, kind: "text/plain", body: "?", want: replica.Transient},
		"too many, with a wait":   {status: 429, retry: "7", want: replica.Transient, after: 7 * time.Second},
		"down, with a silly wait": {status: 503, retry: "999999999", want: replica.Transient, after: time.Hour},
		"the server's full disk":  {status: 507, kind: problem, body: `{"code":"disk.full"}`, want: replica.Transient},
		"a program too old":       {status: 410, kind: problem, body: `{"code":"gone"}`, want: replica.Transient, after: 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				if c.retry != "" {
					w.Header().Set("Retry-After", c.retry)
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			defer srv.Close()
			h, err := replication.NewHTTP(replication.HTTPConfig{BaseURL: srv.URL + "/", Client: srv.Client(), Tokens: fixedToken{}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = h.Push(t.Context(), wire.PushRequest{Ops: make([]wire.Op, 1)})
			refusal, ok := errors.AsType[*replication.Refusal](err)
			if err == nil || ok == c.unexplained {
				t.Fatalf("%v", err)
			}
			if ok && (refusal.Failure.Kind != c.want || refusal.Failure.After != c.after || (c.want == replica.Gap && refusal.Failure.Want != 7)) {
				t.Fatalf("%+v", refusal)
			}
		})
	}
}
