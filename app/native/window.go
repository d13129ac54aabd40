//go:build desktop

package native

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/logger"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	wails_runtime "github.com/wailsapp/wails/v2/pkg/runtime"

	"nexusai/app/localdb"
)

// remember is how often a moved window is noted, for the case of a kill.
const remember = 5 * time.Second

// window is the open one.
type window struct {
	cfg  Config
	ctx  context.Context //nolint:containedctx // it is how Wails names the window
	done chan struct{}   // closed when the window is gone
	once sync.Once

	mu   sync.Mutex     // guards last
	last localdb.Window // as it was saved
}

// Run shows the window on the calling goroutine, which must be the process's
// first one, until it is closed or ctx ends.
func Run(ctx context.Context, cfg Config) (err error) {
	if cfg.Title == "" || cfg.Handler == nil || cfg.Feed == nil || cfg.Log == nil {
		return errors.New("native: Title, Handler, Feed and Log are required")
	}
	softwareRendering()
	cfg.State = fit(cfg.State)
	w := &window{cfg: cfg, done: make(chan struct{}), last: cfg.State}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var background sync.WaitGroup
	defer background.Wait()
	defer cancel()
	defer close(w.done)
	start := options.Normal
	if cfg.State.Maximised {
		start = options.Maximised
	}
	var started atomic.Bool // until then a panic is the toolkit's: there is no screen
	defer func() {
		if p := recover(); p != nil {
			if started.Load() {
				panic(p)
			}
			err = fmt.Errorf("%w: %v", ErrNoScreen, p)
		}
	}()
	SetTheme(cfg.Theme)
	err = wails.Run(&options.App{
		Title: cfg.Title, Width: cfg.State.Width, Height: cfg.State.Height, MinWidth: minWidth, MinHeight: minHeight,
		WindowStartState: start, BackgroundColour: firstColour(cfg.Theme),
		AssetServer:              &assetserver.Options{Handler: cfg.Handler},
		EnableDefaultContextMenu: true, // copy and paste
		Logger:                   quiet{cfg.Log}, LogLevelProduction: logger.WARNING,
		Linux: &linux.Options{ProgramName: "nexusai", WebviewGpuPolicy: linux.WebviewGpuPolicyNever},
		OnStartup: func(c context.Context) {
			w.ctx = c
			started.Store(true)
			confine(cfg.Outside)
			background.Go(func() { w.until(ctx) })
		},
		OnDomReady: func(context.Context) {
			keepSignalStacks()
			w.ready(ctx, &background)
		},
		OnBeforeClose: func(context.Context) bool { w.note(); return false },
	})
	if err != nil {
		return fmt.Errorf("show the window: %w", err)
	}
	return nil
}

// until closes the window when ctx ends.
func (w *window) until(ctx context.Context) {
	select {
	case <-ctx.Done():
		w.Close()
	case <-w.done:
	}
}

// ready runs when a document is ready: once for the window, again after a
// reload.
func (w *window) ready(ctx context.Context, background *sync.WaitGroup) {
	w.once.Do(func() {
		if s := w.cfg.State; s.Placed && !s.Maximised {
			wails_runtime.WindowSetPosition(w.ctx, s.X, s.Y)
		}
		background.Go(func() {
			forward(ctx, w.cfg.Feed, func(text string) { wails_runtime.EventsEmit(w.ctx, "nexus:event", text) })
		})
		background.Go(func() { w.remember(ctx) })
		if w.cfg.Shown != nil {
			w.cfg.Shown(w)
		}
	})
}

func (w *window) remember(ctx context.Context) {
	tick := time.NewTicker(remember)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.done:
			return
		case <-tick.C:
			w.note()
		}
	}
}

// note saves where the window is, if that changed. While it is maximised, the
// size to go back to stays the one from before.
func (w *window) note() {
	if wails_runtime.WindowIsMinimised(w.ctx) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.last
	now.Maximised, now.Placed = wails_runtime.WindowIsMaximised(w.ctx), true
	if !now.Maximised {
		now.X, now.Y = wails_runtime.WindowGetPosition(w.ctx)
		now.Width, now.Height = wails_runtime.WindowGetSize(w.ctx)
	}
	if now == w.last || now.Width == 0 {
		return
	}
	w.last = now
	if w.cfg.Save != nil {
		w.cfg.Save(now)
	}
}

// Focus brings the window to the front.
func (w *window) Focus() {
	wails_runtime.WindowUnminimise(w.ctx)
	wails_runtime.WindowShow(w.ctx)
	present()
}

// Close ends Run; closing twice is fine.
func (w *window) Close() {
	select {
	case <-w.done:
	default:
		wails_runtime.Quit(w.ctx)
	}
}

// firstColour is the first colour, before the page has one; from tokens.css.
func firstColour(theme string) *options.RGBA {
	if theme == "dark" {
		return options.NewRGB(20, 21, 24)
	}
	return options.NewRGB(251, 252, 253)
}

// softwareRendering: WebKitGTK's DMABUF renderer shows nothing on machines
// without a GPU driver, virtual displays among them. A value that is set by
// the person stays.
func softwareRendering() {
	if _, err := os.Stat("/dev/dri"); err == nil || os.Getenv("WEBKIT_DISABLE_DMABUF_RENDERER") != "" {
		return
	}
	_ = os.Setenv("WEBKIT_DISABLE_DMABUF_RENDERER", "1") // fails for bad names only
}

// quiet takes Wails' own log: it may name addresses, so only the level passes
// at which something is wrong.
type quiet struct{ log *slog.Logger }

func (q quiet) Print(string)     {}
func (q quiet) Trace(string)     {}
func (q quiet) Debug(string)     {}
func (q quiet) Info(string)      {}
func (q quiet) Warning(s string) { q.log.Warn("window", "err", s) }
func (q quiet) Error(s string)   { q.log.Error("window", "err", s) }
func (q quiet) Fatal(s string)   { q.log.Error("window", "err", s) }
