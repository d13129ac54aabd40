//go:build desktop && !linux

package native

// The signal workaround is WebKitGTK's alone. Confining the page's navigation
// is done on Linux only so far; elsewhere the content policy stands alone.
func confine(func(string)) {}
func keepSignalStacks()    {}
func present()             {}

// SetTheme does nothing here: these systems colour the title bar themselves.
func SetTheme(string) {}
