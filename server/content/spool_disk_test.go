package content

import (
	"fmt"
	"path/filepath"
	"testing"

	"nexusai/backend/disktest"
)

// internal: what is in the files is nobody else's business
func TestAFullDiskTearsNoLine(t *testing.T) {
	t.Parallel()
	disk := disktest.Small(t, 1<<20)
	s, err := openSpool(filepath.Join(disk, "contents"), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	taken := map[string]bool{}
	put := func(name string) bool {
		if s.put(entry{Tenant: "t", Call: name, Sealed: make([]byte, 700)}) != nil {
			return false
		}
		taken[name] = true
		return true
	}
	put("first")
	empty := disktest.Fill(t, disk, 0)
	for n, refused := 0, 0; refused < 3; n++ {
		if n > 1000 {
			t.Fatal("the disk takes everything")
		}
		if !put(fmt.Sprint("call ", n)) { // the rest of its page may take the beginning of the line
			refused++
		}
	}
	empty()
	if !put("last") {
		t.Error("there is room again")
	}
	if err := s.turn(); err != nil {
		t.Fatal(err)
	}
	names, err := s.segments()
	if err != nil || len(names) != 1 {
		t.Fatalf("%v %v", names, err)
	}
	found := 0
	bad, err := readSegment(names[0], func(e entry) error {
		if !taken[e.Call] {
			t.Errorf("%s was refused, and is there", e.Call)
		}
		found++
		return nil
	})
	if err != nil || bad != 0 || found != len(taken) {
		t.Errorf("%d of %d can be read, %d bad, %v", found, len(taken), bad, err)
	}
	if err := s.remove(names[0]); err != nil || s.bytes != 0 {
		t.Errorf("%d bytes are left, %v", s.bytes, err)
	}
}
