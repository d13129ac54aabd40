package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// local measures local.write_p50_ms with the benchmark beside the code it
// measures: a message with its outbox entry in one durable transaction, and as
// floor the same bytes written and fsynced.
func local(ctx context.Context) ([]Row, error) {
	dir, err := os.MkdirTemp("", "nexus-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "samples.json")
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkLocalWrite$", "-benchtime", "400x", "./app/replication")
	cmd.Env = append(os.Environ(), "NEXUS_SAMPLES="+file)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var samples struct{ Values, Floors []float64 }
	if err := json.Unmarshal(text, &samples); err != nil {
		return nil, err
	}
	floor := median(samples.Floors)
	return []Row{judged(Row{
		Name: "local.write_p50_ms", Value: median(samples.Values), Unit: "ms", Floor: floor, Bound: 3*floor + 1,
		Samples: samples.Values, Floors: samples.Floors,
	})}, nil
}
