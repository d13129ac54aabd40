package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"nexusai/server/store/postgres"
)

const (
	raceProcesses = 3
	raceCallers   = 200   // at each
	racePrompt    = 9     // tokens that the upstream counts
	raceInput     = 1_000 // nano-dollars a token
	raceOutput    = 40_000
	raceMax       = 100 // tokens an answer may have: 0.41 % of the cap
)

// till is a provider that counts what it earns.
type till struct {
	nano   atomic.Int64
	served atomic.Int64
}

func (u *till) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Max int `json:"max_tokens"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Max != raceMax {
		http.Error(w, `{"error":{"message":"no limit"}}`, http.StatusBadRequest)
		return
	}
	tokens := 20 + int(u.served.Add(1)*37%(raceMax-19)) // 20 to 100
	time.Sleep(20 * time.Millisecond)                   // a model needs time, and others call meanwhile
	u.nano.Add(racePrompt*raceInput + int64(tokens)*raceOutput)
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`,
		racePrompt, tokens, racePrompt+tokens)
}

// budgetRace lets 200 callers at each of three processes spend one dollar that
// they share, and says what the provider earned.
func budgetRace(ctx context.Context) ([]Row, error) {
	upstream := &till{}
	provider := httptest.NewServer(upstream)
	defer provider.Close()
	dir, err := os.MkdirTemp("/tmp", "nexusai-race-") // PostgreSQL's own user must reach it
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	db, err := postgres.Start(ctx, postgres.Config{Dir: filepath.Join(dir, "pg"), Log: slog.New(slog.DiscardHandler), Settings: map[string]string{"max_connections": "120"}})
	if err != nil {
		return nil, fmt.Errorf("start the shared database: %w", err)
	}
	defer func() { _ = db.Stop() }()
	env := []string{
		"NEXUS_ENGINE=false", "NEXUS_ALLOW_NET=127.0.0.0/8", "NEXUS_LOG_LEVEL=error",
		"NEXUS_DATABASE_URL=" + db.AppURL(), "NEXUS_DATABASE_OWNER_URL=" + db.OwnerURL(),
	}
	first := filepath.Join(dir, "node0")
	key, err := raceTenant(ctx, dir, first, env, provider.URL)
	if err != nil {
		return nil, err
	}
	env = append(env, "NEXUS_MASTER_KEY_FILE="+filepath.Join(first, "secret", "master.key"))
	var urls []string
	for n := range raceProcesses {
		data := filepath.Join(dir, fmt.Sprint("node", n))
		p, err := launch(ctx, "bin/nexusd", []string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, env...)
		if err != nil {
			return nil, fmt.Errorf("start nexusd (make build): %w", err)
		}
		defer p.stop()
		urls = append(urls, p.url)
	}
	refused, err := race(ctx, urls, key)
	if err != nil {
		return nil, err
	}
	spent := float64(upstream.nano.Load()) / 1e9
	samples := []float64{spent, float64(upstream.served.Load()), float64(refused)} // dollars, calls that were served, and refused
	if _, err := raceCtl(ctx, first, env, "ledger", "verify"); err != nil {
		return nil, err
	}
	return []Row{
		judged(Row{Name: "budget.race_spent_usd", Value: spent, Unit: "USD", Bound: 1, Samples: samples}),
		judged(Row{Name: "budget.race_used_usd", Value: spent, Unit: "USD", Bound: 0.98, AtLeast: true, Samples: samples}),
	}, nil
}

// race has everybody call until the time is up, and counts refusals.
func race(ctx context.Context, urls []string, key string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, sustained+30*time.Second)
	defer cancel()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: raceCallers, MaxIdleConns: raceCallers * raceProcesses}}
	body := fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":%d}`, raceMax)
	until := time.Now().Add(sustained)
	var refused, odd atomic.Int64
	var strange atomic.Value
	var callers sync.WaitGroup
	for _, url := range urls {
		for range raceCallers {
			callers.Go(func() {
				for time.Now().Before(until) && ctx.Err() == nil {
					status, text := raceCall(ctx, client, url, key, body)
					switch status {
					case http.StatusOK:
					case http.StatusPaymentRequired:
						refused.Add(1)
						time.Sleep(500 * time.Millisecond)
					default:
						odd.Add(1)
						strange.Store(fmt.Sprintf("%d %.200s", status, text))
						time.Sleep(500 * time.Millisecond)
					}
				}
			})
		}
	}
	callers.Wait()
	if n := odd.Load(); n > 0 {
		fmt.Fprintf(os.Stderr, "bench: budget: %d answers were neither: %v\n", n, strange.Load())
	}
	return refused.Load(), ctx.Err()
}

func raceCall(ctx context.Context, client *http.Client, url, key, body string) (int, string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// raceTenant makes a team with a priced model, a dollar and a key.
func raceTenant(ctx context.Context, dir, data string, env []string, upstream string) (key string, err error) {
	models := filepath.Join(dir, "models.yaml")
	text := fmt.Sprintf("providers:\n  - name: Scripted\n    base_url: %s/v1\n    models:\n      - {id: m, usd_per_million: {input: \"%g\", output: \"%g\"}}\n", upstream, raceInput/1000.0, raceOutput/1000.0)
	if err := os.WriteFile(models, []byte(text), 0o600); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"tenant", "create", "--name", "Bench", "--owner", benchOwner},
		{"apply", "--tenant", "bench", "-f", models},
		{"budget", "create", "--tenant", "bench", "--holder", "tenant", "--period", "total", "--usd", "1.00"},
		{"key", "create", "--tenant", "bench", "--name", "bench"},
	} {
		out, err := raceCtl(ctx, data, env, args...)
		if err != nil {
			return "", err
		}
		if words := strings.Fields(out); len(words) > 0 {
			key = words[len(words)-1]
		}
	}
	return key, nil
}

func raceCtl(ctx context.Context, data string, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "bin/nexusctl", append([]string{"--data", data}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(benchPassword)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("nexusctl %s: %w: %s %s", strings.Join(args[:2], " "), err, stderr.String(), out)
	}
	return string(out), nil
}
