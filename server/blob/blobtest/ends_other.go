//go:build !linux

package blobtest

import "syscall"

// ends has no means here: the test's own clean-up ends the child.
func ends() *syscall.SysProcAttr { return nil }
