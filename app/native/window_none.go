//go:build !desktop

package native

import "context"

// Run returns ErrNoWindow: this build is for tests and for browser mode.
func Run(context.Context, Config) error { return ErrNoWindow }

// SetTheme does nothing without a window.
func SetTheme(string) {}
