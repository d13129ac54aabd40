package calllog

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// segments lists the files, oldest first.
func (j *journal) segments() ([]string, error) {
	names, err := filepath.Glob(filepath.Join(j.dir, "[0-9]*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("list the call journal: %w", err)
	}
	slices.Sort(names) // numbers have leading zeros
	return names, nil
}

// current is the segment being written, or empty.
func (j *journal) current() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return ""
	}
	return j.file.Name()
}

// endedIn calls fn for every ended call of a closed segment until its first
// error, from memory if they are there. They must not be changed.
func (j *journal) endedIn(name string, fn func(*Call) error) error {
	j.mu.Lock()
	calls, ok := j.closed[name]
	j.mu.Unlock()
	for _, c := range calls {
		if err := fn(c); err != nil {
			return err
		}
	}
	if ok {
		return nil
	}
	_, err := readSegment(name, func(l line) error {
		if l.Ended == nil {
			return nil
		}
		return fn(l.Ended)
	})
	return err
}

// remove ends a segment whose calls are stored.
func (j *journal) remove(name string) error {
	if err := os.Remove(name); err != nil {
		return fmt.Errorf("remove a stored file of the call journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.atHand -= len(j.closed[name])
	delete(j.closed, name)
	return nil
}

// readSegment calls fn for each line, until its first error; bad counts the ones
// that cannot be read, such as the last of a process that died while the disk
// was full.
func readSegment(name string, fn func(line) error) (bad int, err error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open a file of the call journal: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		l, ok := parseLine(lines.Bytes())
		if !ok {
			bad++
			continue
		}
		if err := fn(l); err != nil {
			return bad, err
		}
	}
	if err := lines.Err(); err != nil {
		return bad, fmt.Errorf("read a file of the call journal: %w", err)
	}
	return bad, nil
}
