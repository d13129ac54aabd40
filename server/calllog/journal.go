package calllog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// maxUnwritten bounds the lines that wait in memory while the disk refuses
// them; over it the oldest are dropped, and counted.
const maxUnwritten = 10_000

// line is one line of a segment: a call that began, or one that ended.
type line struct {
	Begun *Call `json:"begun,omitempty"`
	Ended *Call `json:"ended,omitempty"`
}

// journal is a row of append-only files, the segments. A line reaches the
// kernel in one write before append returns, so it survives the death of this
// process; seal brings it to the disk, so that it survives the machine's.
type journal struct {
	dir string

	mu        sync.Mutex // guards what follows; held over writes, which keep lines whole
	file      *os.File   // the segment being written; nil until the next line
	number    int
	ended     int               // ended calls in file
	open      map[string][]byte // begin lines of calls that have not ended
	unwritten [][]byte
	dropped   int
}

// openJournal makes the folder. Segments of an earlier process stay as they are.
func openJournal(dir string) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the call journal: %w", err)
	}
	j := &journal{dir: dir, open: map[string][]byte{}}
	names, err := j.segments()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		last := filepath.Base(names[len(names)-1])
		if _, err := fmt.Sscanf(last, "%d.jsonl", &j.number); err != nil {
			return nil, fmt.Errorf("a file of the call journal is called %q", last)
		}
	}
	return j, nil
}

// segments lists the files, oldest first.
func (j *journal) segments() ([]string, error) {
	names, err := filepath.Glob(filepath.Join(j.dir, "[0-9]*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("list the call journal: %w", err)
	}
	slices.Sort(names) // numbers have leading zeros
	return names, nil
}

// append writes one line. An error means that it waits in memory.
func (j *journal) append(l line) error {
	data, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode a call: %w", err)
	}
	data = append(data, '\n')
	j.mu.Lock()
	defer j.mu.Unlock()
	if l.Begun != nil {
		j.open[l.Begun.ID] = data
	} else {
		delete(j.open, l.Ended.ID)
		j.ended++
	}
	if err := j.write(data); err != nil {
		j.wait(data)
		return err
	}
	return nil
}

// write puts data into the segment, which it starts if need be; mu is held.
func (j *journal) write(data []byte) error {
	if j.file == nil {
		if err := j.start(); err != nil {
			return err
		}
	}
	if _, err := j.file.Write(data); err != nil {
		return fmt.Errorf("write the call journal: %w", err)
	}
	return nil
}

// start opens the next segment with the calls that are still open, so that the
// segments before it can be removed. mu is held.
func (j *journal) start() error {
	name := filepath.Join(j.dir, fmt.Sprintf("%012d.jsonl", j.number+1))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("start a file of the call journal: %w", err)
	}
	var carried bytes.Buffer
	for _, begun := range j.open {
		carried.Write(begun)
	}
	if _, err := f.Write(carried.Bytes()); err != nil {
		return errors.Join(fmt.Errorf("carry open calls over: %w", err), f.Close(), os.Remove(name))
	}
	j.file, j.number = f, j.number+1
	return nil
}

func (j *journal) wait(data []byte) {
	if len(j.unwritten) >= maxUnwritten {
		j.unwritten = j.unwritten[1:]
		j.dropped++
	}
	j.unwritten = append(j.unwritten, data)
}

// seal brings everything to the disk and, if the segment holds ended calls,
// closes it: what segments lists afterwards, without current, may be stored and
// removed. It returns how many lines were lost to a full disk.
func (j *journal) seal() (lost int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	lost, j.dropped = j.dropped, 0
	for len(j.unwritten) > 0 {
		if err := j.write(j.unwritten[0]); err != nil {
			return lost, err
		}
		j.unwritten = j.unwritten[1:]
	}
	if j.file == nil {
		return lost, nil
	}
	if err := j.file.Sync(); err != nil {
		return lost, fmt.Errorf("sync the call journal: %w", err)
	}
	if j.ended == 0 {
		return lost, nil
	}
	old := j.file
	j.file, j.ended = nil, 0
	if len(j.open) > 0 {
		if err := j.start(); err != nil {
			return lost, errors.Join(err, old.Close())
		}
		err = j.file.Sync()
	}
	return lost, errors.Join(err, old.Close())
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

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := errors.Join(j.file.Sync(), j.file.Close())
	j.file = nil
	return err
}

// readSegment calls fn for each line; bad counts the ones that cannot be read,
// such as the last of a process that died while the disk was full.
func readSegment(name string, fn func(line)) (bad int, err error) {
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
		fn(l)
	}
	if err := lines.Err(); err != nil {
		return bad, fmt.Errorf("read a file of the call journal: %w", err)
	}
	return bad, nil
}

func parseLine(data []byte) (line, bool) {
	var l line
	if strings.TrimSpace(string(data)) == "" || json.Unmarshal(data, &l) != nil {
		return line{}, false
	}
	for _, c := range []*Call{l.Begun, l.Ended} {
		if c != nil && (c.ID == "" || c.TenantID == "" || c.At.IsZero()) {
			return line{}, false
		}
	}
	return l, (l.Begun == nil) != (l.Ended == nil)
}
