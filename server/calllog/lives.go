package calllog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
)

// lives names the processes that wrote into a journal's folder: this one, and
// those before it of which not everything is stored yet. The names lie beside
// the segments, so that whoever loses the segments loses the names too, and
// nobody takes an empty folder for a settled one.
type lives struct {
	path string
	mine string
	past []string
}

func openLives(dir string) (*lives, error) {
	l := &lives{path: filepath.Join(dir, "lives"), mine: uuid.NewString()}
	text, err := os.ReadFile(l.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read who wrote the call journal: %w", err)
	}
	for _, id := range strings.Fields(string(text)) {
		if uuid.Validate(id) == nil {
			l.past = append(l.past, id)
		}
	}
	return l, l.write()
}

// forget leaves only this life.
func (l *lives) forget() error {
	l.past = nil
	return l.write()
}

// write replaces the file in one step.
func (l *lives) write() error {
	text := strings.Join(append(l.past[:len(l.past):len(l.past)], l.mine), "\n") + "\n"
	if err := os.WriteFile(l.path+".new", []byte(text), 0o600); err != nil {
		return fmt.Errorf("write who writes the call journal: %w", err)
	}
	if err := os.Rename(l.path+".new", l.path); err != nil {
		return fmt.Errorf("write who writes the call journal: %w", err)
	}
	return nil
}
