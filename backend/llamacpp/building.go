package llamacpp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Build is how far the set-up script is with compiling the engine.
type Build struct {
	Done, Total int64
	PID         int    // of the script
	Failed      string // why it gave up; empty while it runs
}

// Installed tells whether the engine's binary is here.
func (s *Store) Installed() bool {
	info, err := os.Stat(s.Bin())
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// Building tells whether a set-up script is compiling the engine now, and how
// far it is. It reads engine.progress in the store's folder, which the script
// rewrites after each step; one that nobody keeps up counts as no build.
func (s *Store) Building() (Build, bool) {
	text, err := os.ReadFile(filepath.Join(s.cfg.Dir, "engine.progress"))
	if err != nil {
		return Build{}, false
	}
	b, err := parseBuild(string(text))
	if err != nil || b.Failed == "" && !alive(b.PID) {
		return Build{}, false
	}
	return b, b.Failed == ""
}

// parseBuild reads "engine DONE TOTAL PID" or "failed PID REASON".
func parseBuild(text string) (Build, error) {
	line, _, _ := strings.Cut(text, "\n")
	var b Build
	if rest, ok := strings.CutPrefix(line, "failed "); ok {
		pid, reason, _ := strings.Cut(rest, " ")
		if _, err := fmt.Sscanf(pid, "%d", &b.PID); err != nil || reason == "" {
			return Build{}, errors.New("engine.progress: unreadable failure")
		}
		b.Failed = reason
		return b, nil
	}
	if _, err := fmt.Sscanf(line, "engine %d %d %d", &b.Done, &b.Total, &b.PID); err != nil {
		return Build{}, fmt.Errorf("engine.progress: %w", err)
	}
	if b.PID <= 0 || b.Done < 0 || b.Total < b.Done {
		return Build{}, errors.New("engine.progress: figures make no sense")
	}
	return b, nil
}
