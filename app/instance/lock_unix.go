//go:build !windows

package instance

import (
	"errors"
	"os"
	"syscall"
)

var errTaken = errors.New("another process has it")

// lock holds for as long as the file is open, also through kill -9.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errTaken
	}
	return err
}
