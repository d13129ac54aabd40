package localapi

import (
	"bytes"
	_ "embed"
	"errors"
	"html"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// policy is what the pages may do: nothing but talk to this app. Styles may be
// inline because the code editor and some primitives set them; what a style
// could reach (pictures, fonts) is limited to this app as well.
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; " +
	"connect-src 'self'; media-src 'self' data: blob:; worker-src 'self'; frame-src 'none'; object-src 'none'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'; manifest-src 'self'"

// Secure sets what every answer to a page carries.
func Secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=()")
}

// beatScript reports the first frame; see beat.
//
//go:embed beat.js
var beatScript []byte

// pages serves the built bundle. Every address that is not a file is a view of
// the one page.
func (a *API) pages() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			notHere(w, r)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		switch {
		case name == "beat.js":
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write(beatScript) // a page that left needs nothing
		case a.cfg.Assets != nil && name != "" && path.Ext(name) != "" && name != "index.html":
			a.asset(w, r, name)
		default:
			a.document(w, r)
		}
	})
}

func (a *API) asset(w http.ResponseWriter, r *http.Request, name string) {
	content, err := fs.ReadFile(a.cfg.Assets, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) || strings.HasSuffix(name, ".html") {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, "unreadable", http.StatusInternalServerError)
		return
	}
	if strings.HasPrefix(name, "assets/") { // its name changes with its content
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	// With an own type: the window's scheme would otherwise guess.
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// fill puts a value into the page's empty <meta> of that name.
func fill(page []byte, name, value string) []byte {
	empty := `name="` + name + `" content="`
	return bytes.Replace(page, []byte(empty+`"`), []byte(empty+html.EscapeString(value)+`"`), 1)
}

const missingPages = `<!doctype html><meta charset="utf-8"><title>NexusAI</title>
<p>The pages are not built. Run <code>make build</code>.</p>`

// document serves the page. In the window it carries the secret: only the top
// document can read it, because frames are forbidden and other origins cannot
// read an answer without CORS.
func (a *API) document(w http.ResponseWriter, r *http.Request) {
	text := []byte(missingPages)
	if a.cfg.Assets != nil {
		if page, err := fs.ReadFile(a.cfg.Assets, "index.html"); err == nil {
			text = page
		}
	}
	head := `<script type="module" src="/beat.js"></script>`
	if a.cfg.Window {
		text = fill(text, "nexus-window", a.cfg.Secret)
		values := a.view(r.Context())
		text = fill(text, "nexus-view", values.text)
		text = bytes.Replace(text, []byte("<html"), []byte("<html"+values.look), 1)
		if !strings.HasSuffix(r.URL.Path, "/") && !strings.HasSuffix(r.URL.Path, "/index.html") {
			// Wails adds its runtime to folders only; a view reloaded deep needs it too.
			head = `<script src="/wails/ipc.js"></script><script src="/wails/runtime.js"></script>` + head
		}
	}
	// First, so that it reads the secret before the page takes it away.
	text = bytes.Replace(text, []byte("<head>"), []byte("<head>"+head), 1)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // a page that left needs nothing
}
