package content

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

var errFull = errors.New("as much waits for the database as may")

// entry is a call's contents on their way to the database: one line of a segment.
type entry struct {
	Tenant string    `json:"tenant"`
	Call   string    `json:"call"`
	At     time.Time `json:"at"`
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"`
	Sealed []byte    `json:"sealed"`
}

// spool is a row of append-only files, the segments, of at most so many bytes. A
// line is in the kernel before put returns, so that it survives the death of
// this process; turn brings it to the disk, so that it survives the machine's.
type spool struct {
	dir  string
	most int64

	mu     sync.Mutex // guards what follows; held over writes, which keep lines whole
	file   *os.File   // nil until the next line
	size   int64      // of file
	bytes  int64      // of all segments
	number int
}

// openSpool makes the folder. Segments of an earlier process stay as they are.
func openSpool(dir string, most int64) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of contents: %w", err)
	}
	s := &spool{dir: dir, most: most}
	names, err := s.segments()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("look at a file of contents: %w", err)
		}
		s.bytes += info.Size()
		if _, err := fmt.Sscanf(filepath.Base(name), "%d.jsonl", &s.number); err != nil {
			return nil, fmt.Errorf("a file of contents is called %q", filepath.Base(name))
		}
	}
	return s, nil
}

// segments lists the closed files, oldest first.
func (s *spool) segments() ([]string, error) {
	names, err := filepath.Glob(filepath.Join(s.dir, "[0-9]*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("list the files of contents: %w", err)
	}
	slices.Sort(names) // numbers have leading zeros
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(names, func(name string) bool { return s.file != nil && name == s.file.Name() }), nil
}

// put writes one line whole, or nothing and an error.
func (s *spool) put(e entry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode contents: %w", err)
	}
	data = append(data, '\n')
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+int64(len(data)) > s.most {
		return errFull
	}
	if s.file == nil {
		if err := s.start(); err != nil {
			return err
		}
	}
	if _, err := s.file.Write(data); err != nil {
		return errors.Join(fmt.Errorf("write contents: %w", err), s.file.Truncate(s.size)) // half a line would spoil the next
	}
	s.size += int64(len(data))
	s.bytes += int64(len(data))
	return nil
}

// start opens the next segment; mu is held.
func (s *spool) start() error {
	name := filepath.Join(s.dir, fmt.Sprintf("%012d.jsonl", s.number+1))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("start a file of contents: %w", err)
	}
	s.file, s.size, s.number = f, 0, s.number+1
	return nil
}

// turn closes the segment, which is on the disk then. Calls go on meanwhile.
func (s *spool) turn() error {
	s.mu.Lock()
	old := s.file
	s.file = nil
	s.mu.Unlock()
	if old == nil {
		return nil
	}
	if err := errors.Join(old.Sync(), old.Close()); err != nil {
		return fmt.Errorf("close a file of contents: %w", err)
	}
	return nil
}

// remove ends a segment that is stored.
func (s *spool) remove(name string) error {
	info, err := os.Stat(name)
	if err == nil {
		err = os.Remove(name)
	}
	if err != nil {
		return fmt.Errorf("remove a stored file of contents: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= info.Size()
	return nil
}

func (s *spool) close() error { return s.turn() }

// readSegment calls fn for each line, until its first error; bad counts what
// cannot be read, such as the last line of a process that died at it.
func readSegment(name string, fn func(entry) error) (bad int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, fmt.Errorf("open a file of contents: %w", err)
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			var e entry
			if json.Unmarshal(line, &e) != nil || e.Tenant == "" || e.Call == "" || len(e.Sealed) == 0 {
				bad++
			} else if err := fn(e); err != nil {
				return bad, err
			}
		}
		if errors.Is(err, io.EOF) {
			return bad, nil
		}
		if err != nil {
			return bad, fmt.Errorf("read a file of contents: %w", err)
		}
	}
}
