// Package native is the application's window: where it stands, what reaches
// its page, and what that page may not do.
package native

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"runtime"

	"nexusai/app/feed"
	"nexusai/app/localdb"
)

// ErrNoWindow is returned by Run in a build without the tags of the window.
var ErrNoWindow = errors.New("this build has no window; build it with -tags desktop,production,webkit2_41")

// ErrNoScreen is returned by Run when the toolkit cannot open the display.
var ErrNoScreen = errors.New("the display cannot be opened")

// Config describes the one window.
type Config struct {
	Title   string         // required
	Handler http.Handler   // required; serves pages and API under the window's own scheme
	Feed    *feed.Feed     // required; what the page is told
	State   localdb.Window // where the window was
	Theme   string         // system, light, dark or contrast
	Log     *slog.Logger   // required
	// Save keeps the window's state; it is called now and then and at the end.
	Save func(localdb.Window)
	// Shown is called once when the page's document is ready, with the window.
	Shown func(Window)
	// Outside is asked to show an address that the page wanted to go to.
	Outside func(url string)
}

// Window is the open window. Its methods may be called from any goroutine.
type Window interface {
	Focus()
	Close() // ends Run
}

// smallest is what the pages are made for; the first size is three panes wide.
const (
	minWidth, minHeight     = 480, 400
	firstWidth, firstHeight = 1180, 780
)

// HasDisplay tells whether a window can be shown at all: GTK ends the process
// where it cannot.
func HasDisplay() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// fit makes a kept state usable: a first start, a screen that is gone.
func fit(s localdb.Window) localdb.Window {
	if s.Width < minWidth || s.Height < minHeight || s.Width > 16000 || s.Height > 16000 {
		s.Width, s.Height, s.Placed = firstWidth, firstHeight, false
	}
	if s.X < -s.Width+80 || s.Y < 0 || s.X > 16000 || s.Y > 16000 {
		s.Placed = false
	}
	return s
}
