//go:build unix && !linux

package postgres

import "syscall"

// dieWithParent does nothing: only Linux has such a signal. The next start
// finds the orphan by its lock file and ends it.
func dieWithParent(*syscall.SysProcAttr) {}

func processesIn(string) []int { return nil }

func sharedMemoryIsSmall() bool { return false }
