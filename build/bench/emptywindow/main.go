//go:build desktop && production

// Command emptywindow is the floor of app.first_frame_ms and app.pss_mb: a
// Wails window with an empty page and nothing behind it.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
)

const page = `<!doctype html><title>empty</title><body><script>
requestAnimationFrame(() => requestAnimationFrame(() => fetch("/beat", {method: "POST"})))
</script>`

// note writes the line that NexusAI itself writes to NEXUS_DIAG_FILE.
func note() {
	line := []byte(`{"event":"first_frame"}` + "\n")
	if err := os.WriteFile(os.Getenv("NEXUS_DIAG_FILE"), line, 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func main() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/beat" {
			note()
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	})
	err := wails.Run(&options.App{Title: "empty", Width: 1280, Height: 860, AssetServer: &assetserver.Options{Handler: handler}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
