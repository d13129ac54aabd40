package store

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"nexusai/backend/fault"
)

// translate turns what the database or its connection did into a Fault, and
// leaves everything else (fn's own errors, pgx.ErrNoRows, constraint
// violations) as it is.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*fault.Fault](err); done {
		return err
	}
	switch {
	case errors.Is(err, context.Canceled):
		return fault.New(fault.Canceled, "The request was cancelled.", err)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Timeout, "The database took too long.", err)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return translateServer(pg, err)
	}
	if lost(err) {
		return unavailable(err)
	}
	return err
}

// translateServer reads the SQLSTATE (PostgreSQL manual, appendix A).
func translateServer(pg *pgconn.PgError, err error) error {
	switch {
	case pg.Code == "53100":
		return fault.New(fault.DiskFull, "The server's disk is full.", err)
	case pg.Code == "57014", pg.Code == "55P03": // statement_timeout, lock_timeout
		return fault.New(fault.Timeout, "The database took too long.", err)
	case strings.HasPrefix(pg.Code, "57P"), strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "53"):
		return unavailable(err) // shutting down, starting up, out of connections or memory
	case pg.Code == "25P03": // idle_in_transaction_session_timeout
		return unavailable(err)
	}
	return err
}

// lost reports whether the connection could not be made or broke.
func lost(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool") // pgx exports neither
}

func unavailable(err error) error {
	return fault.New(fault.Unavailable, "The database cannot be reached right now.", err).
		WithHint("Try again in a few seconds; if it lasts, look at /readyz and the server's log.")
}

// busyOr explains a failed wait for a connection: the caller gave up, or all
// connections were busy, or none could be made.
func busyOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return translate(ctx.Err())
	}
	return unavailable(err)
}

// Violates reports whether err is the violation of this constraint or unique
// index; an empty name stands for any.
func Violates(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && strings.HasPrefix(pg.Code, "23") && (constraint == "" || pg.ConstraintName == constraint)
}
