package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	gatewayWarm    = 200
	gatewaySamples = 1500
	gatewayStart   = 90 * time.Second
)

// completion is what the scripted upstream says, at once: all time is the
// gateway's then.
const completion = `{"id":"c1","object":"chat.completion","model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}`

// chatRequest is asked of the model in its place.
const chatRequest = `{"model":"%s","messages":[{"role":"user","content":"Say hello in one word, please."}],"max_tokens":5,"temperature":0}`

const (
	benchOwner    = "bench@acme.test"
	benchPassword = "only for the bench run\n"
)

// gateway measures what nexusd adds to one request over one connection, beside
// what Go's bare ReverseProxy adds; all three ways are taken in turn, so that a
// busy machine slows each alike.
func gateway(ctx context.Context) ([]Row, error) {
	s, err := newStand(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	ways := [3]way{newWay(s.provider.URL, ""), newWay(s.floor.url, ""), newWay(s.server.url, s.key)}
	taken, err := inTurn(ctx, ways)
	if err != nil {
		return nil, err
	}
	direct := median(taken[0])
	row := Row{Name: "gateway.added_p50_ms", Unit: "ms", Bound: 0.40, Samples: minus(taken[2], direct), Floors: minus(taken[1], direct)}
	row.Value, row.Floor = median(row.Samples), median(row.Floors)
	return []Row{judged(row)}, nil
}

// way is one path to the upstream, over one connection.
type way struct {
	url, key string
	client   *http.Client
}

func newWay(url, key string) way {
	return way{url + "/v1/chat/completions", key, &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxConnsPerHost: 1}}}
}

// take makes one request and returns milliseconds.
func (w way) take(ctx context.Context) (float64, error) { return w.takeOf(ctx, "m") }

func (w way) takeOf(ctx context.Context, model string) (float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, strings.NewReader(fmt.Sprintf(chatRequest, model)))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	if w.key != "" {
		r.Header.Set("Authorization", "Bearer "+w.key)
	}
	began := time.Now()
	resp, err := w.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	took := time.Since(began)
	if err != nil || string(body) != completion {
		return 0, fmt.Errorf("%s answered %d %s %w", w.url, resp.StatusCode, body, errors.Join(err))
	}
	return float64(took.Nanoseconds()) / 1e6, nil
}

func inTurn(ctx context.Context, ways [3]way) (taken [3][]float64, err error) {
	for n := range gatewayWarm + gatewaySamples {
		for i, w := range ways {
			ms, err := w.take(ctx)
			if err != nil {
				return taken, err
			}
			if n >= gatewayWarm {
				taken[i] = append(taken[i], ms)
			}
		}
	}
	return taken, nil
}

func minus(samples []float64, base float64) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = s - base
	}
	return out
}

func startProxy(ctx context.Context, dir, target string) (*child, error) {
	program := filepath.Join(dir, "reverseproxy")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./build/bench/reverseproxy").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the floor: %w: %s", err, out)
	}
	return launch(ctx, program, []string{target})
}

// tenantFile switches on whatever a call can be held against: a price, budgets
// and limits of every measure, all too wide to refuse anything.
const tenantFile = `
providers:
  - name: Scripted
    base_url: %s/v1
    models:
      - {id: m, usd_per_million: {input: "1", output: "2"}}
limits:
  - {for: tenant, measure: concurrency, amount: 100000}
  - {for: key, measure: requests, amount: 1000000000, per: 1m}
  - {for: key, measure: input_tokens, amount: 1000000000, per: 1m}
  - {for: model, measure: output_tokens, amount: 1000000000, per: 1m}
budgets:
  - {for: tenant, period: month, usd: 100000}
  - {for: key, period: day, usd: 100000}
`

// prepareTenant makes a team, its provider and a key with the operator's tool.
func prepareTenant(ctx context.Context, data, upstream string) (key string, err error) {
	models := filepath.Join(filepath.Dir(data), "models.yaml")
	if err := os.WriteFile(models, fmt.Appendf(nil, tenantFile, upstream), 0o600); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"tenant", "create", "--name", "Bench", "--owner", benchOwner},
		{"apply", "--tenant", "bench", "-f", models},
		{"key", "create", "--tenant", "bench", "--name", "bench"},
	} {
		cmd := exec.CommandContext(ctx, "bin/nexusctl", append([]string{"--data", data}, args...)...)
		cmd.Env = append(os.Environ(), "NEXUS_ALLOW_NET=127.0.0.0/8")
		cmd.Stdin = strings.NewReader(benchPassword)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("nexusctl %s: %w: %s", args[0], err, stderr.String())
		}
		lines := strings.Fields(string(out))
		if len(lines) > 0 {
			key = lines[len(lines)-1]
		}
	}
	return key, nil
}

// child is a process that says where it listens in its first line.
type child struct {
	cmd *exec.Cmd
	url string
}

func launch(ctx context.Context, program string, args []string, env ...string) (*child, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd}
	first := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n') // its end shows as an empty line
		first <- strings.TrimSpace(line)
	}()
	select {
	case line := <-first:
		url, ok := strings.CutPrefix(line, "listening on ")
		if !ok {
			c.stop()
			return nil, fmt.Errorf("%s does not listen: %q", program, line)
		}
		c.url = url
		return c, nil
	case <-time.After(gatewayStart):
		c.stop()
		return nil, fmt.Errorf("%s does not listen after %s", program, gatewayStart)
	}
}

func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	_ = c.cmd.Wait()
}
