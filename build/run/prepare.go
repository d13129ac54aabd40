package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nexusai/backend/llamacpp"
	"nexusai/server/store/postgres"
)

const (
	firstRunDisk = 6 << 30 // bytes: engine build, models, packages of both languages
	laterDisk    = 1 << 30
)

// programs are what make build leaves.
var programs = []string{"bin/nexusai", "bin/nexusd", "bin/nexusctl"}

// prepare makes sure that the machine has what is needed and that the programs
// are built from the sources as they are. It does nothing on a second run.
func (r *runner) prepare(ctx context.Context) error {
	if os.Geteuid() == 0 {
		fmt.Println("run: you are root; the database will run as a system user of its own")
	}
	print, err := fingerprint()
	if err != nil {
		return err
	}
	fresh := built(print)
	database := os.Getenv("NEXUS_DATABASE_URL") != "" || len(postgres.Find()) > 0
	if err := r.checkDisk(fresh && r.store.Installed()); err != nil {
		return err
	}
	if fresh && database && r.store.Installed() {
		return nil
	}
	if err := r.script(ctx, "build/setup/all.sh", "run"); err != nil {
		return err
	}
	if fresh {
		return nil
	}
	fmt.Println("run: building NexusAI")
	if err := r.script(ctx, "make", "--no-print-directory", "build"); err != nil {
		return err
	}
	return os.WriteFile(builtFile, []byte(print), 0o644)
}

// checkDisk refuses before the disk is full, not in the middle.
func (r *runner) checkDisk(second bool) error {
	need := int64(firstRunDisk)
	if second {
		need = laterDisk
	}
	cache, err := llamacpp.DefaultDir()
	if err != nil {
		return err
	}
	for _, dir := range []string{r.data, cache} {
		free, err := llamacpp.FreeBytes(dir)
		if err == nil && free < need {
			return sentencef("There are %.1f GB of free disk where %s is, %d GB are needed: free some and start again.",
				float64(free)/(1<<30), dir, need>>30)
		}
	}
	return nil
}

// script runs one step in the foreground; what it prints is its explanation.
func (r *runner) script(ctx context.Context, argv ...string) error {
	c, err := r.family.start(filepath.Base(argv[0]), 5*time.Second, nil, func(line string) { fmt.Println(line) }, argv...)
	if err != nil {
		return err
	}
	if err := c.wait(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return sentence("NexusAI was not started: the last lines above say why and what to do.")
	}
	return nil
}

const builtFile = "bin/.built"

// built tells whether the programs are those of these sources.
func built(print string) bool {
	old, err := os.ReadFile(builtFile)
	return err == nil && string(old) == print && !slices.ContainsFunc(programs, func(p string) bool {
		_, err := os.Stat(p)
		return err != nil
	})
}

// fingerprint stands for the sources: name, size and time of each. Reading
// them all would take longer than a second start may.
func fingerprint() (string, error) {
	h := sha256.New()
	for _, root := range []string{"main.go", "go.mod", "go.sum", "app", "backend", "server", "sync", "frontend"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && slices.Contains([]string{"node_modules", "dist", "testdata", "e2e", "test-results"}, d.Name()):
				return fs.SkipDir
			case d.IsDir(), strings.HasSuffix(path, "_test.go"), strings.Contains(path, ".test."):
				return nil
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("look at the sources: %w", err)
		}
	}
	version, _ := exec.Command("go", "env", "GOVERSION").Output() // a new compiler builds anew
	h.Write(version)
	return hex.EncodeToString(h.Sum(nil)), nil
}
