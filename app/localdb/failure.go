package localdb

import (
	"database/sql"
	"errors"
	"syscall"

	"modernc.org/sqlite"

	"nexusai/backend/fault"
	"nexusai/sync/journal"
)

// Primary result codes of SQLite (sqlite.org/rescode.html).
const (
	codeError   = 1
	codeCorrupt = 11
	codeFull    = 13
	codeNotADB  = 26
	codeIOWrite = 778  // SQLITE_IOERR_WRITE
	codeShmSize = 4874 // SQLITE_IOERR_SHMSIZE: no room for the index of the log
)

func resultCode(err error) (primary, extended int) {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return 0, 0
	}
	return e.Code() & 0xff, e.Code()
}

// Explain turns what SQLite reports into a fault where a person can do
// something about it: fault.DiskFull, fault.NotFound for no row,
// fault.TooLarge for what sync cannot carry, and "localdb.damaged". Anything else is returned as it is.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Fault](err); ok {
		return err
	}
	primary, extended := resultCode(err)
	if _, ok := errors.AsType[*journal.TooLargeError](err); ok {
		return fault.New(fault.TooLarge, "This is too long to be kept in step with other devices.", err).WithHint("Split it.")
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fault.New(fault.NotFound, "It is not there.", err)
	case primary == codeFull || extended == codeIOWrite || extended == codeShmSize || errors.Is(err, syscall.ENOSPC):
		return fault.New(fault.DiskFull, "The disk is full; this was not saved.", err).
			WithHint("Free some space and try again. Everything saved before is safe.")
	case isDamage(err):
		return fault.New("localdb.damaged", "A part of the local database cannot be read.", err).
			WithHint("Restart the application: it keeps the damaged file and rescues what can be read.")
	}
	return err
}

var errDamaged = errors.New("the database file is damaged")

// isDamage reports whether err says that the file itself is broken.
func isDamage(err error) bool {
	primary, _ := resultCode(err)
	return errors.Is(err, errDamaged) || primary == codeCorrupt || primary == codeNotADB
}
