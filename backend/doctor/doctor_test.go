package doctor_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nexusai/backend/doctor"
	"nexusai/backend/llamacpp"
)

func TestRunKeepsOrderAndSurvivesABrokenCheck(t *testing.T) {
	t.Parallel()
	found := doctor.Run(t.Context(), []doctor.Check{
		{Name: "a", Run: func(context.Context) doctor.Finding { panic("boom") }},
		{Name: "b", Run: func(context.Context) doctor.Finding { return doctor.Finding{Finding: "fine", OK: true} }},
	})
	if len(found) != 2 || found[0].Name != "a" || found[0].OK || found[0].Next == "" || found[1].Name != "b" || !found[1].OK {
		t.Errorf("found %+v", found)
	}
	if doctor.Bad(found) != 1 {
		t.Errorf("%d bad findings, want 1", doctor.Bad(found))
	}
}

func TestRunDoesNotWaitForACheckThatHangs(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hang := make(chan struct{})
	defer close(hang)
	found := doctor.Run(ctx, []doctor.Check{{Name: "slow", Run: func(context.Context) doctor.Finding { <-hang; return doctor.Finding{} }}})
	if found[0].OK || found[0].Next == "" {
		t.Errorf("found %+v", found[0])
	}
}

func TestPrintSaysWhatToDo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	doctor.Print(&out, []doctor.Finding{{Name: "node", Finding: "v12 is too old", Next: "Install Node 20."}, {Name: "a longer name", Finding: "fine", OK: true}})
	for _, want := range []string{"MISS  node           v12 is too old\n", "                     → Install Node 20.\n", "ok    a longer name  fine\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in %q", want, out.String())
		}
	}
}

func TestScrubRemovesTheHomeFolder(t *testing.T) {
	home := filepath.Join(string(filepath.Separator), "home", "ana")
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	if got := doctor.Scrub("see " + filepath.Join(home, ".cache", "x")); strings.Contains(got, "ana") {
		t.Errorf("scrubbed %q", got)
	}
}

func TestMachineSaysWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no tool at all
	store, err := llamacpp.NewStore(llamacpp.StoreConfig{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{}
	for _, f := range doctor.Run(t.Context(), doctor.MachineChecks(doctor.Machine{Dir: t.TempDir(), Store: store})) {
		if !f.OK {
			bad[f.Name] = f.Next
		}
	}
	for _, name := range []string{"git", "go", "node", "npm", "engine"} {
		if bad[name] == "" {
			t.Errorf("%s: no next step in %v", name, bad)
		}
	}
}

func TestOldToolIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "node"), []byte("#!/bin/sh\necho v12.4.1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	for _, f := range doctor.Run(t.Context(), doctor.MachineChecks(doctor.Machine{Dir: dir})) {
		if f.Name == "node" && (f.OK || !strings.Contains(f.Finding, "12.4.1 is too old")) {
			t.Errorf("old node: %+v", f)
		}
	}
}
