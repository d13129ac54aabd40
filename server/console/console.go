// Package console serves the web console's pages and the API's reference.
package console

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed docs
var docs embed.FS

// policy allows what the built pages need and nothing inline that runs: scripts
// and styles come from files of ours. Components set styles on elements through
// the DOM; the attribute form, which libraries use for positions, is allowed.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; " +
	"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const (
	never   = "no-cache"                            // ask each time whether it changed
	forever = "public, max-age=31536000, immutable" // the name holds a hash
)

// Console serves files from memory. It is safe for concurrent use.
type Console struct {
	pages fs.FS
	index []byte
}

// New reads console.html from the built pages.
func New(pages fs.FS) (*Console, error) {
	if pages == nil {
		return nil, errors.New("console: pages are required")
	}
	index, err := fs.ReadFile(pages, "console.html")
	if err != nil {
		return nil, fmt.Errorf("read the console's page (run `make build`): %w", err)
	}
	return &Console{pages: pages, index: index}, nil
}

// Mount adds /, /console, the pages' files and /docs to mux.
func (c *Console) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		guard(w)
		http.Redirect(w, r, "/console", http.StatusFound)
	})
	mux.HandleFunc("GET /console", c.page)
	mux.HandleFunc("GET /console/{path...}", c.page)
	mux.HandleFunc("GET /assets/{file...}", func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, c.pages, "assets/"+r.PathValue("file"), forever)
	})
	for _, name := range c.rootFiles() {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) { serve(w, r, c.pages, name, never) })
	}
	mux.HandleFunc("GET /docs", func(w http.ResponseWriter, r *http.Request) { serve(w, r, docs, "docs/index.html", never) })
	mux.HandleFunc("GET /docs/{file}", func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, docs, "docs/"+r.PathValue("file"), never)
	})
}

// rootFiles are pictures and the like beside the pages; the pages themselves
// have routes of their own.
func (c *Console) rootFiles() []string {
	entries, err := fs.ReadDir(c.pages, ".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && path.Ext(e.Name()) != ".html" {
			names = append(names, e.Name())
		}
	}
	return names
}

// page answers every address below /console: the page's own router knows them.
func (c *Console) page(w http.ResponseWriter, r *http.Request) {
	write(w, r, c.index, "text/html; charset=utf-8", never)
}

func serve(w http.ResponseWriter, r *http.Request, files fs.FS, name, cache string) {
	data, err := fs.ReadFile(files, name) // refuses "..", so nothing outside is reached
	if err != nil {
		guard(w)
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if fixed, ok := kinds[path.Ext(name)]; ok { // the machine's own table may say otherwise
		kind = fixed
	}
	if kind == "" {
		kind = "application/octet-stream"
	}
	write(w, r, data, kind, cache)
}

var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8",
	".svg": "image/svg+xml", ".woff2": "font/woff2", ".json": "application/json", ".webmanifest": "application/manifest+json",
}

func write(w http.ResponseWriter, r *http.Request, data []byte, kind, cache string) {
	guard(w)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", cache)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(data) // a client that has left cannot be told anything
	}
}

// guard sets what every page needs, the error pages too.
func guard(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer") // links with one-time tokens must not leak
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
}
