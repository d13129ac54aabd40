package disktest

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Small mounts a disk of size bytes and returns its folder, which every user
// may pass through; it goes when the test ends. Only root may mount one: the
// test of anybody else is skipped.
func Small(t testing.TB, size int64) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "nxdisk") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	err = unix.Mount("disktest", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0711", size))
	if errors.Is(err, unix.EPERM) {
		t.Skip("a small disk can only be mounted by root")
	}
	if err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	return dir
}
