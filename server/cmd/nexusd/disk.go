package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nexusai/backend/llamacpp"
)

// What a start needs, in bytes: on a full disk the database cannot even note
// that it runs.
const (
	firstDisk = 256 << 20 // the private database is made
	laterDisk = 32 << 20
)

// enoughDisk refuses a start that would end half-way. Where the system does not
// tell how much is free, it does not.
func enoughDisk(s settings) error {
	dir, need := s["data"].text, int64(laterDisk)
	_, err := os.Stat(filepath.Join(dir, "pg"))
	if errors.Is(err, fs.ErrNotExist) && s["database_url"].text == "" {
		need = firstDisk
	}
	free, err := llamacpp.FreeBytes(dir)
	if err != nil || free >= need {
		return nil //nolint:nilerr // see above
	}
	return fmt.Errorf("there are %d MB of free disk where %s is, and a start needs %d: free some, or choose another folder with --data", free>>20, dir, need>>20)
}
