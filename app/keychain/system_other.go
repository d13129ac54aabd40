//go:build !linux

package keychain

// hasSystemKeychain: macOS and Windows always have one.
func hasSystemKeychain() bool { return true }
