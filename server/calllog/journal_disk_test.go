package calllog

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"nexusai/backend/disktest"
)

// internal: what is in the files is nobody else's business
func TestAFullDiskTearsNoRecord(t *testing.T) {
	t.Parallel()
	disk := disktest.Small(t, 1<<20)
	j, err := openJournal(filepath.Join(disk, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	ended := 0
	end := func() error {
		ended++
		return j.append(line{Ended: &Call{ID: fmt.Sprint("call ", ended), TenantID: "t", At: time.Now(), State: OK}})
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	empty := disktest.Fill(t, disk, 0)
	for refused := 0; refused < 3; {
		if ended > 1000 {
			t.Fatal("the disk takes everything")
		}
		if end() != nil { // the rest of its page may take the beginning of the line
			refused++
		}
	}
	if _, err := j.seal(); err == nil {
		t.Error("sealed although the disk refuses what waits")
	}
	empty()
	if err := end(); err != nil {
		t.Fatal(err)
	}
	if lost, err := j.seal(); lost != 0 || err != nil {
		t.Fatalf("%d lines lost, %v", lost, err)
	}
	names, err := j.segments()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range names {
		if _, err := readSegment(name, func(l line) error { found[l.call()] = true; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(found) != ended {
		t.Errorf("%d of %d calls can be read", len(found), ended)
	}
}

// TestWhatWaitsForTheDiskIsBounded keeps what was there first: the newer calls
// were refused for want of a journal.
func TestWhatWaitsForTheDiskIsBounded(t *testing.T) {
	t.Parallel()
	j := &journal{}
	for n := range maxUnwritten + 5 {
		j.wait(fmt.Append(nil, n))
	}
	if len(j.unwritten) != maxUnwritten || string(j.unwritten[0]) != "0" || j.dropped != 5 {
		t.Errorf("%d lines wait, the first is %s, %d dropped", len(j.unwritten), j.unwritten[0], j.dropped)
	}
}
