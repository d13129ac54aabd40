// Package picture fetches the pictures that callers give by address, for
// providers that want them in bytes.
package picture

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// door decides what may be dialled, redirects included; *egress.Policy is one.
type door interface {
	CheckURL(raw string) error
	Client(timeout time.Duration) *http.Client
}

// Config of a Fetcher.
type Config struct {
	// Door is required. It makes no exceptions: what the operator allows for
	// providers is not for callers to name.
	Door    door
	Max     int           // bytes of one picture; default 20 MiB, which is the vendors' own bound
	Timeout time.Duration // for one picture, redirects included; default 10 s
}

// Fetcher is safe for concurrent use. It keeps nothing of what it fetched.
type Fetcher struct {
	door door
	http *http.Client
	max  int
}

// New checks cfg and fills its defaults.
func New(cfg Config) (*Fetcher, error) {
	if cfg.Door == nil {
		return nil, errors.New("picture: Door is required")
	}
	if cfg.Max <= 0 {
		cfg.Max = 20 << 20
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	return &Fetcher{door: cfg.Door, http: cfg.Door.Client(cfg.Timeout), max: cfg.Max}, nil
}

// types are what every vision model reads.
var types = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// Fetch returns the picture at an http(s) or data URL, in bytes and with the
// type that the bytes have, whatever a server or caller calls them. Errors are
// faults: the door's for an address that may not be dialled, fault.BadRequest
// for what is no picture, fault.TooLarge, and fault.Timeout.
func (f *Fetcher) Fetch(ctx context.Context, url string) (llm.Image, error) {
	if strings.HasPrefix(url, "data:") {
		return f.inline(url)
	}
	if err := f.door.CheckURL(url); err != nil {
		return llm.Image{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return llm.Image{}, bad("The picture's address cannot be read.", err)
	}
	req.Header.Set("Accept", "image/*")
	req.Header.Set("Accept-Encoding", "identity") // so that Max bounds what is read
	resp, err := f.http.Do(req)
	if err != nil {
		return llm.Image{}, away(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return llm.Image{}, bad("The picture's address does not give a picture.", fmt.Errorf("status %d", resp.StatusCode))
	}
	if resp.ContentLength > int64(f.max) {
		return llm.Image{}, f.tooLarge()
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, int64(f.max)+1))
	if err != nil {
		return llm.Image{}, away(ctx, err)
	}
	return f.image(data)
}

// inline reads a data URL (RFC 2397) in base64, which is the only form that
// clients send pictures in.
func (f *Fetcher) inline(url string) (llm.Image, error) {
	head, body, found := strings.Cut(url, ",")
	if !found || !strings.HasSuffix(head, ";base64") {
		return llm.Image{}, bad("A picture inside the request must be in base64.", nil)
	}
	if base64.StdEncoding.DecodedLen(len(body)) > f.max+2 {
		return llm.Image{}, f.tooLarge()
	}
	data, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return llm.Image{}, bad("A picture inside the request must be in base64.", err)
	}
	return f.image(data)
}

func (f *Fetcher) image(data []byte) (llm.Image, error) {
	if len(data) > f.max {
		return llm.Image{}, f.tooLarge()
	}
	kind, _, err := mime.ParseMediaType(http.DetectContentType(data))
	if err != nil || !types[kind] {
		return llm.Image{}, bad("This is no picture in a form that models read: PNG, JPEG, GIF or WebP.", fmt.Errorf("%d bytes of %q", len(data), kind))
	}
	return llm.Image{Data: bytes.Clone(data), MIME: kind}, nil
}

func (f *Fetcher) tooLarge() error {
	return fault.New(fault.TooLarge, fmt.Sprintf("A picture is larger than %d MB.", f.max>>20), nil).At("image")
}

func bad(safe string, cause error) error { return fault.New(fault.BadRequest, safe, cause).At("image") }

// away explains a picture that did not come: the door's refusal, the caller
// leaving, or a server that is no good.
func away(ctx context.Context, err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	if ctx.Err() != nil {
		if f, ok := errors.AsType[*fault.Fault](context.Cause(ctx)); ok {
			return f
		}
		return fault.New(fault.Canceled, "The request was cancelled.", err)
	}
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timeout.Timeout() {
		return fault.New(fault.Timeout, "A picture did not come in time.", err).At("image")
	}
	return bad("A picture cannot be fetched.", err)
}
