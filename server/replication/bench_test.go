package replication_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"

	"nexusai/server/replication"
	"nexusai/sync/wire"
)

// BenchmarkVisible is the server's part of sync.visible_p50_ms on a real
// Postgres: from a push over HTTP, by the hint on another device's socket, to
// the entry in that device's pull.
func BenchmarkVisible(b *testing.B) {
	h, tenant := newHub(b)
	user := newID()
	mux := http.NewServeMux()
	h.Routes(mux, func(*http.Request) (replication.Principal, error) {
		return replication.Principal{TenantID: tenant, UserID: user}, nil
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	conn, _, err := websocket.Dial(b.Context(), srv.URL+"/api/sync/live", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.CloseNow()
	hint(b, conn)
	var all []time.Duration
	for b.Loop() {
		body := pushOf(b, user, "bench", int64(len(all))+1)
		start := time.Now()
		post(b, srv.URL+"/api/sync/push", body)
		hint(b, conn)
		pull, err := json.Marshal(wire.PullRequest{ClientID: newID(), Scope: replication.UserScope(user), Cursor: int64(len(all)), SchemaV: 1})
		if err != nil {
			b.Fatal(err)
		}
		page, err := wire.ReadPage(bytes.NewReader(post(b, srv.URL+"/api/sync/pull", pull)))
		if err != nil || len(page.Entries) != 1 {
			b.Fatalf("%d entries, %v", len(page.Entries), err)
		}
		all = append(all, time.Since(start))
	}
	slices.SortFunc(all, cmp.Compare)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50_ms")
}

func hint(b *testing.B, conn *websocket.Conn) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
	defer cancel()
	if _, _, err := conn.Read(ctx); err != nil {
		b.Fatal(err)
	}
}

func post(b *testing.B, url string, body []byte) []byte {
	b.Helper()
	resp, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%d %s %v", resp.StatusCode, out.Bytes(), err)
	}
	return out.Bytes()
}
