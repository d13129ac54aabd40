package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"

	"nexusai/backend/doctor"
	"nexusai/server/store/postgres"
)

// diagnose is the doctor subcommand.
func diagnose(ctx context.Context) error {
	store, err := openStore(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	checks := doctor.MachineChecks(doctor.Machine{Dir: ".", Store: store, Ports: []int{8787}})
	checks = append(checks, doctor.Check{Name: "database", Run: database}, doctor.Check{Name: "packages", Run: packages})
	found := doctor.Run(ctx, checks)
	doctor.Print(os.Stdout, found)
	if bad := doctor.Bad(found); bad > 0 {
		return sentencef("%d of %d checks ask for something; the lines with an arrow say what to do.", bad, len(found))
	}
	return nil
}

// database looks for a PostgreSQL that nexusd could start.
func database(context.Context) doctor.Finding {
	if os.Getenv("NEXUS_DATABASE_URL") != "" {
		return doctor.Finding{Finding: "NEXUS_DATABASE_URL names one", OK: true}
	}
	builds := postgres.Find()
	if len(builds) == 0 {
		return doctor.Finding{Finding: "no PostgreSQL with pgvector", Next: "make setup gets one."}
	}
	return doctor.Finding{Finding: fmt.Sprint(builds[0]), OK: true}
}

// packages asks the script that would install them what the system lacks to
// build the window and the engine.
func packages(ctx context.Context) doctor.Finding {
	cmd := exec.CommandContext(ctx, "build/setup/packages.sh", "--missing", "build", "engine")
	out, err := cmd.Output()
	names := strings.Fields(string(out))
	switch {
	case err != nil:
		return doctor.Finding{Finding: "cannot be listed: " + err.Error(), Next: "build/setup/packages.sh --missing build engine shows why."}
	case len(names) > 0:
		return doctor.Finding{Finding: "missing: " + strings.Join(names, " "), Next: "make run installs them, or says with which command."}
	}
	return doctor.Finding{Finding: "nothing is missing", OK: true}
}
