package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// again measures run.again_ms: from the start of the program behind `make run`,
// on data that is there, until server, owner and pages answer.
func again(ctx context.Context) ([]Row, error) {
	if out, err := exec.CommandContext(ctx, "build/setup/starter.sh").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build bin/run: %w: %s", err, out)
	}
	dir, err := os.MkdirTemp("/tmp", "nexusai-bench-") // PostgreSQL's own user must reach it
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	var samples []float64
	for n := range 4 {
		took, err := readyIn(ctx, filepath.Join(dir, "data"))
		if err != nil {
			return nil, err
		}
		if n > 0 { // the first one makes the data
			samples = append(samples, took)
		}
	}
	return []Row{judged(Row{Name: "run.again_ms", Value: median(samples), Unit: "ms", Bound: 5000, Samples: samples})}, nil
}

// readyIn runs it until everything answers; ms.
func readyIn(ctx context.Context, data string) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bin/run", "--browser", "--check", "--data", data)
	cmd.Env = append(os.Environ(), "NEXUS_CHAT_MODEL=qwen2.5-coder-0.5b") // the one that make setup fetches
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("bin/run: %w: %s", err, out)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var proof struct {
		OK    bool    `json:"ok"`
		Ready float64 `json:"ready_ms"`
	}
	if err := json.Unmarshal(lines[len(lines)-1], &proof); err != nil || !proof.OK {
		return 0, fmt.Errorf("bin/run says %s", lines[len(lines)-1])
	}
	return proof.Ready, nil
}
