package blob_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"nexusai/server/blob"
	"nexusai/server/blob/blobtest"
)

func folder(t *testing.T, dir string) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFolder(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, folder(t, t.TempDir()))
}

func TestFolderReportsDamage(t *testing.T) {
	t.Parallel()
	dir, tenant := t.TempDir(), uuid.NewString()
	f := folder(t, dir)
	ref, err := f.Put(t.Context(), tenant, strings.NewReader("content"), 100)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, tenant, ref.Sum[:2], ref.Sum)
	for name, damage := range map[string]string{"changed": "CONTENT", "cut": "cont", "emptied": ""} {
		if err := os.WriteFile(path, []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := f.Open(t.Context(), tenant, ref.Sum)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); !errors.Is(err, blob.ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
		r.Close()
	}
}

func TestFolderRemovesAbandonedUploads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder(t, dir)
	old, fresh := filepath.Join(dir, "unfinished", "old"), filepath.Join(dir, "unfinished", "fresh")
	for _, path := range []string{old, fresh} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	folder(t, dir)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the abandoned upload is still there: %v", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("a running upload was removed: %v", err)
	}
}
