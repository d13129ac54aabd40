//go:build unix

package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// systemDir holds what root keeps within reach of the cluster's user.
const systemDir = "/var/lib/nexusai"

// withinReach copies a bundle that the person cannot enter (an archive unpacked
// in root's home) to a place that they can, once for each version of it.
func (p *person) withinReach(b Build) (Build, error) {
	root := filepath.Dir(b.Bin)
	info, err := os.Stat(b.program("postgres"))
	if err != nil {
		return b, fmt.Errorf("look at the bundle: %w", err)
	}
	sum := sha256.Sum256(fmt.Append(nil, root, info.Size(), info.ModTime().UnixNano()))
	dst := filepath.Join(systemDir, "bundle-"+hex.EncodeToString(sum[:6]))
	b.Bin = filepath.Join(dst, "bin")
	if _, err := os.Stat(dst); err == nil {
		return b, nil
	}
	tmp := dst + ".new"
	if err := errors.Join(os.RemoveAll(tmp), os.MkdirAll(filepath.Dir(dst), 0o755), os.CopyFS(tmp, os.DirFS(root))); err != nil {
		return b, fmt.Errorf("copy the bundle to %s: %w", dst, err)
	}
	return b, errors.Join(openToAll(tmp), os.Rename(tmp, dst))
}

// openToAll gives everybody the right to read what the owner may read.
func openToAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	})
}
