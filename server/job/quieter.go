package job

import (
	"context"
	"log/slog"
)

// quieter passes on River's warnings and errors only: its news of every start
// and every completed job are not ours.
type quieter struct{ slog.Handler }

// Enabled reports whether the level is worth passing on.
func (q quieter) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the filter.
func (q quieter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quieter{q.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the filter.
func (q quieter) WithGroup(name string) slog.Handler { return quieter{q.Handler.WithGroup(name)} }
