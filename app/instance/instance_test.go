package instance_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"nexusai/app/instance"
)

func TestSecondStartTalksToTheFirst(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{
		"plain":    t.TempDir(),
		"long one": filepath.Join(t.TempDir(), strings.Repeat("long/", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			first, ok, err := instance.Acquire(dir)
			if err != nil || !ok {
				t.Fatalf("first start: %v, %v", ok, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- first.Serve(ctx, func(q string) string { return "heard " + q }) }()
			if _, ok, err := instance.Acquire(dir); ok || err != nil {
				t.Errorf("second start: %v, %v", ok, err)
			}
			if got, err := instance.Ask(t.Context(), dir, "focus"); err != nil || got != "heard focus" {
				t.Errorf("asked: %q, %v", got, err)
			}
			if _, err := instance.Ask(t.Context(), dir, strings.Repeat("x", 5000)); err == nil {
				t.Error("a question without end was answered")
			}
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if err := first.Release(); err != nil {
				t.Error(err)
			}
			next, ok, err := instance.Acquire(dir)
			if err != nil || !ok {
				t.Fatalf("after the first ended: %v, %v", ok, err)
			}
			if err := next.Release(); err != nil {
				t.Error(err)
			}
		})
	}
}
