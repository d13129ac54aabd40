//go:build integration

package llamacpp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// children lists the processes that this test started, from Linux's /proc.
func children(t *testing.T) []int {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that ended
		}
		for _, word := range strings.Fields(string(text)) {
			var pid int
			if _, err := fmt.Sscan(word, &pid); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	if len(pids) == 0 {
		t.Fatal("no child process was found")
	}
	return pids
}
