//go:build !unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockFolder makes this the only server on a data folder: Windows refuses to
// remove a file that a process holds open.
func lockFolder(dir string) (*os.File, error) {
	name := filepath.Join(dir, "nexusd.lock")
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("another nexusd runs on %s: stop it, or give this one a --data folder of its own", dir)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return f, nil
}
