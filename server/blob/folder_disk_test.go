package blob_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"nexusai/backend/disktest"
	"nexusai/backend/fault"
)

func TestAFullDiskIsSaidAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	disk, tenant := disktest.Small(t, 8<<20), uuid.NewString()
	f := folder(t, filepath.Join(disk, "blobs"))
	kept, err := f.Put(t.Context(), tenant, bytes.NewReader(make([]byte, 1<<20)), 4<<20)
	if err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("large"), 500_000)
	for _, leave := range []int64{1 << 20, 0} { // the second has no room even to begin
		empty := disktest.Fill(t, disk, leave)
		if _, err := f.Put(t.Context(), tenant, bytes.NewReader(large), 4<<20); fault.CodeOf(err) != fault.DiskFull {
			t.Errorf("with %d bytes free: %v", leave, err)
		}
		if left, _ := os.ReadDir(filepath.Join(disk, "blobs", "unfinished")); len(left) > 0 {
			t.Errorf("with %d bytes free: %v is left behind", leave, left)
		}
		empty()
	}
	if _, err := f.Put(t.Context(), tenant, bytes.NewReader(large), 4<<20); err != nil {
		t.Errorf("with room again: %v", err)
	}
	r, err := f.Open(t.Context(), tenant, kept.Sum)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if content, err := io.ReadAll(r); err != nil || len(content) != 1<<20 {
		t.Errorf("what was there before: %d bytes, %v", len(content), err)
	}
}
