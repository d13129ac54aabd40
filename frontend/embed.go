// Package frontend holds the built pages: the desktop's index.html and the
// server's console.html with their assets.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns the root of the built pages. Files under assets/ carry a hash
// in their name and may be cached for ever; the two .html files may not.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the directive above names the folder: it cannot be missing
	}
	return sub
}
