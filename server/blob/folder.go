package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const abandoned = 24 * time.Hour // age at which an unfinished upload is removed

// Folder keeps blobs as files dir/tenant/ab/abcd….
type Folder struct{ dir string }

var _ Store = (*Folder)(nil)

// OpenFolder makes dir if need be and removes uploads that a crash left behind.
func OpenFolder(dir string) (*Folder, error) {
	f := &Folder{dir: dir}
	if err := os.MkdirAll(f.unfinished(), 0o700); err != nil {
		return nil, fmt.Errorf("make the blob folder: %w", err)
	}
	entries, err := os.ReadDir(f.unfinished())
	if err != nil {
		return nil, fmt.Errorf("look for unfinished uploads: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(f.unfinished(), e.Name())) // only disk space is at stake
		}
	}
	return f, nil
}

func (f *Folder) unfinished() string { return filepath.Join(f.dir, "unfinished") }

func (f *Folder) path(tenant, sum string) string {
	return filepath.Join(f.dir, tenant, sum[:2], sum)
}

// Put implements Store: the file gets its name only when all of it is on disk.
func (f *Folder) Put(ctx context.Context, tenant string, r io.Reader, limit int64) (Ref, error) {
	if !tenantName.MatchString(tenant) {
		return Ref{}, ErrName
	}
	tmp, err := os.OpenFile(filepath.Join(f.unfinished(), rand.Text()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Ref{}, disk("begin a blob", err)
	}
	defer os.Remove(tmp.Name()) // gone after a rename
	ref, err := take(ctx, tmp, r, limit)
	if err == nil {
		err = tmp.Sync()
	}
	if err := errors.Join(err, tmp.Close()); err != nil {
		return Ref{}, disk("write a blob", err)
	}
	dst := f.path(tenant, ref.Sum)
	if err := f.makeParents(tenant, ref.Sum); err != nil {
		return Ref{}, disk("make a blob's folder", err)
	}
	if err := os.Rename(tmp.Name(), dst); err != nil {
		return Ref{}, disk("name a blob", err)
	}
	if err := syncDir(filepath.Dir(dst)); err != nil {
		return Ref{}, disk("make a blob durable", err)
	}
	return ref, nil
}

// makeParents makes the two folders above a blob durable, too.
func (f *Folder) makeParents(tenant, sum string) error {
	inner := filepath.Dir(f.path(tenant, sum))
	if _, err := os.Stat(inner); err == nil {
		return nil
	}
	if err := os.MkdirAll(inner, 0o700); err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(inner)), syncDir(f.dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, tenant, sum string) (io.ReadCloser, error) {
	if err := checkNames(tenant, sum); err != nil {
		return nil, err
	}
	file, err := os.Open(f.path(tenant, sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(sum)
	}
	if err != nil {
		return nil, disk("open a blob", err)
	}
	return verify(file, sum), nil
}

// Stat implements Store.
func (f *Folder) Stat(_ context.Context, tenant, sum string) (Ref, error) {
	if err := checkNames(tenant, sum); err != nil {
		return Ref{}, err
	}
	info, err := os.Stat(f.path(tenant, sum))
	if errors.Is(err, fs.ErrNotExist) {
		return Ref{}, missing(sum)
	}
	if err != nil {
		return Ref{}, disk("look at a blob", err)
	}
	return Ref{Sum: sum, Size: info.Size()}, nil
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, tenant, sum string) error {
	if err := checkNames(tenant, sum); err != nil {
		return err
	}
	if err := os.Remove(f.path(tenant, sum)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return disk("delete a blob", err)
	}
	return nil
}
