package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

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
	checks = append(checks, doctor.Check{Name: "database", Run: database})
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
