//go:build !linux

package disktest

import "testing"

// Small is for Linux: elsewhere the test is skipped.
func Small(t testing.TB, _ int64) string {
	t.Helper()
	t.Skip("a small disk can only be mounted on Linux")
	return ""
}
