package instance

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

var errTaken = errors.New("another process has it")

// lock holds for as long as the file is open, also when the process is ended.
func lock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errTaken
	}
	return err
}
