package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// proof is the one line that --check prints.
type proof struct {
	OK      bool   `json:"ok"`
	ReadyMS int64  `json:"ready_ms"` // from start to server, owner and app answering
	Server  string `json:"server"`
	Pages   string `json:"pages,omitempty"` // browser mode's address, without its token
	Engine  bool   `json:"engine"`          // the local engine is built
	Failed  string `json:"failed,omitempty"`
	Left    int    `json:"left"` // processes that would not stop; always killed
}

// prove asks everything once, stops everything and prints the proof.
func (r *runner) prove(ctx context.Context, s *serverProcess, window *child, ready time.Duration) error {
	pages, _, _ := strings.Cut(r.pages, "#")
	p := proof{ReadyMS: ready.Milliseconds(), Server: s.url, Pages: pages, Engine: r.store.Installed()}
	failed := r.answers(ctx, s, window, pages)
	left := r.family.stopAll()
	p.Left = len(r.family.marked())
	p.OK = failed == nil && left == nil
	if !p.OK {
		p.Failed = errors.Join(failed, left).Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(p); err != nil {
		return err
	}
	return errors.Join(failed, left)
}

// answers asks the server, as the owner too, and the app.
func (r *runner) answers(ctx context.Context, s *serverProcess, window *child, pages string) error {
	var o owner
	if err := readJSON(r.ownerFile(), &o); err != nil {
		return fmt.Errorf("read the owner: %w", err)
	}
	errs := []error{signIn(ctx, s.url, o)}
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/console"} {
		errs = append(errs, fetch(ctx, http.MethodGet, s.url+path, nil))
	}
	if pages != "" {
		errs = append(errs, fetch(ctx, http.MethodGet, pages, nil))
	}
	select {
	case <-window.exited:
		errs = append(errs, fmt.Errorf("the app ended: %s", window.fate()))
	default:
	}
	return errors.Join(errs...)
}
