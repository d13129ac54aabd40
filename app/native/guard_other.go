//go:build desktop && !linux

package native

// WebView2 and WKWebView chain signal handlers properly and Wails keeps their
// navigation on its own scheme.
func confine(func(string)) {}
func keepSignalStacks()    {}
func present()             {}

// SetTheme does nothing here: these systems colour the title bar themselves.
func SetTheme(string) {}
