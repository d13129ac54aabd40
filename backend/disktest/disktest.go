// Package disktest gives a test a small disk of its own, to fill it.
package disktest

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Fill writes into dir until only leave bytes fit any more, and returns what
// makes room again. A file that has begun a page may still grow to its end.
func Fill(t testing.TB, dir string, leave int64) (empty func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatalf("fill the disk: %v", err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 1 << 12, 1} {
		if err := pour(f, size); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("fill the disk: %v", err)
		}
	}
	info, err := f.Stat()
	if err == nil && leave > 0 {
		err = f.Truncate(info.Size() - leave)
	}
	if err != nil {
		t.Fatalf("leave room on the disk: %v", err)
	}
	return func() {
		t.Helper()
		if err := os.Remove(path); err != nil {
			t.Fatalf("empty the disk: %v", err)
		}
	}
}

// pour writes blocks until one does not fit.
func pour(w io.Writer, size int) error {
	for block := make([]byte, size); ; {
		if _, err := w.Write(block); err != nil {
			return err
		}
	}
}
