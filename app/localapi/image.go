package localapi

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// maxImage bounds a remote picture, in bytes.
const maxImage = 8 << 20

// pictures are the types shown. SVG is not among them: it can hold scripts and
// further addresses.
var pictures = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true}

// image fetches a remote picture for a page, which may not do so itself. The
// page asks after a click, or always when the settings say so; fetching tells
// the other side that somebody reads.
func (a *API) image(w http.ResponseWriter, r *http.Request) {
	kind, content, err := a.fetchImage(r.Context(), r.FormValue("url"))
	if err != nil {
		httpapi.WriteProblem(w, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("Cache-Control", "private, max-age=3600")
	_, _ = w.Write(content) // a page that left needs nothing
}

func (a *API) fetchImage(ctx context.Context, address string) (kind string, content []byte, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") || len(address) > 2000 {
		return "", nil, fault.New(fault.BadRequest, "This is not the address of a picture.", err).At("query.url")
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", nil, fault.New(fault.BadRequest, "This is not the address of a picture.", err).At("query.url")
	}
	req.Header.Set("Accept", "image/avif,image/webp,image/png,image/jpeg,image/gif")
	resp, err := a.cfg.Images.Do(req)
	if err != nil {
		if f := fault.From(err); f.Code != fault.Internal {
			return "", nil, f // egress says why it refused
		}
		return "", nil, fault.New(fault.UpstreamFailed, "The picture could not be fetched.", err)
	}
	defer resp.Body.Close()
	kind, _, _ = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode != http.StatusOK || !pictures[kind] {
		return "", nil, fault.New("image.refused", "There is no picture of a kind that is shown here.", fmt.Errorf("status %d, type %q", resp.StatusCode, kind))
	}
	content, err = io.ReadAll(io.LimitReader(resp.Body, maxImage+1))
	if err != nil {
		return "", nil, fault.New(fault.UpstreamFailed, "The picture could not be fetched.", err)
	}
	if len(content) > maxImage {
		return "", nil, fault.New(fault.TooLarge, "The picture is too large.", nil)
	}
	if sniffed := http.DetectContentType(content); sniffed != kind && kind != "image/avif" {
		return "", nil, fault.New("image.refused", "The picture is not what it says it is.", fmt.Errorf("%q is %q", kind, sniffed))
	}
	return kind, content, nil
}
