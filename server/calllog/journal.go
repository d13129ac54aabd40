package calllog

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// maxUnwritten bounds the lines that wait in memory while the disk refuses
// them. Over it new ones are dropped, and counted: what is begun while nothing
// can be written is refused, so the old ones tell of more.
const maxUnwritten = 10_000

// maxAtHand bounds the ended calls that are kept beside the segments they stand
// in, so that storing them need not read them again; over it they are read.
const maxAtHand = 5_000

// journal is a row of append-only files, the segments. A line reaches the
// kernel in one write before append returns, so it survives the death of this
// process; seal brings it to the disk, so that it survives the machine's. What
// is noted waits for its call's next line, in whose write it takes part, or for
// catchUp.
type journal struct {
	dir string

	mu        sync.Mutex // guards what follows; held over writes, which keep lines whole
	file      *os.File   // the segment being written; nil until the next line
	torn      bool       // file ends within a line, which a full disk cut
	number    int
	ended     int                // ended calls in file
	calls     []*Call            // those of them that are at hand
	closed    map[string][]*Call // every ended call of a closed segment, by its name
	atHand    int                // in calls and closed
	open      map[string]*open   // calls that have not ended
	unwritten [][]byte
	dropped   int
}

// open is what of a call must be carried into the next segment.
type open struct {
	lines   []line
	written int          // of lines, into segments; the others wait
	got     map[int]line // the newest, by attempt
}

// carried are the lines that must not be only in a segment before this one.
func (o *open) carried() []line {
	if o.written == 0 {
		return nil
	}
	return slices.AppendSeq(slices.Clone(o.lines[:o.written]), maps.Values(o.got))
}

// openJournal makes the folder. Segments of an earlier process stay as they are.
func openJournal(dir string) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the call journal: %w", err)
	}
	j := &journal{dir: dir, open: map[string]*open{}, closed: map[string][]*Call{}}
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

// note keeps a line of a call that has not ended, to be written later.
func (j *journal) note(l line) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.remember(l)
}

// append writes one line of a call, after those of it that wait. An error means
// that it waits in memory.
func (j *journal) append(l line) error {
	if l.Ended != nil {
		return j.end(l)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	o := j.remember(l)
	if o == nil {
		return nil
	}
	data := encode(nil, o.lines[o.written:])
	if l.Got != nil {
		data = l.encode(data)
	}
	if err := j.write(data); err != nil {
		return err
	}
	o.written = len(o.lines)
	return nil
}

// end writes a call's last line, in the place of all that wait.
func (j *journal) end(l line) error {
	data := l.encode(nil)
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.open, l.Ended.ID)
	j.ended++
	if j.atHand < maxAtHand {
		j.calls = append(j.calls, l.Ended)
		j.atHand++
	}
	if err := j.write(data); err != nil {
		j.wait(data)
		return err
	}
	return nil
}

// remember keeps what the next segment has to begin with; mu is held. It returns
// nil for a call that ended while a piece of it was on its way.
func (j *journal) remember(l line) *open {
	id := l.call()
	o := j.open[id]
	switch {
	case l.Begun != nil:
		o = &open{lines: []line{l}}
		j.open[id] = o
	case o == nil:
	case l.Tried != nil:
		o.lines = append(o.lines, l)
	default:
		if o.got == nil {
			o.got = map[int]line{}
		}
		o.got[l.Got.N] = l
	}
	return o
}

// catchUp writes what waits of all calls.
func (j *journal) catchUp() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.writeWaiting()
}

// writeWaiting is catchUp; mu is held.
func (j *journal) writeWaiting() error {
	var late []*open
	for _, o := range j.open {
		if o.written < len(o.lines) {
			late = append(late, o)
		}
	}
	if len(late) == 0 {
		return nil
	}
	var data []byte
	for _, o := range late {
		data = encode(data, o.lines[o.written:])
	}
	if err := j.write(data); err != nil {
		return err
	}
	for _, o := range late {
		o.written = len(o.lines)
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
	if j.torn { // or this line would be a part of that one, and lost with it
		data = append([]byte{'\n'}, data...)
	}
	n, err := j.file.Write(data)
	if err != nil {
		j.torn = j.torn || n > 0
		return fmt.Errorf("write the call journal: %w", err)
	}
	j.torn = false
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
	var carried []byte
	for _, o := range j.open {
		carried = encode(carried, o.carried())
	}
	if _, err := f.Write(carried); err != nil {
		return errors.Join(fmt.Errorf("carry open calls over: %w", err), f.Close(), os.Remove(name))
	}
	j.file, j.number, j.torn = f, j.number+1, false
	return nil
}

// drain writes what waits, if the disk takes it again. While it returns an
// error, calls that ended are only in memory, and no other should be begun.
func (j *journal) drain() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.writeUnwritten()
}

// writeUnwritten is drain; mu is held.
func (j *journal) writeUnwritten() error {
	for len(j.unwritten) > 0 {
		if err := j.write(j.unwritten[0]); err != nil {
			return err
		}
		j.unwritten = j.unwritten[1:]
	}
	return nil
}

func (j *journal) wait(data []byte) {
	if len(j.unwritten) >= maxUnwritten {
		j.dropped++
		return
	}
	j.unwritten = append(j.unwritten, data)
}

// seal brings everything to the disk and, if the segment holds ended calls,
// closes it: what segments lists afterwards, without current, may be stored and
// removed. It returns how many lines were lost to a full disk. One at a time;
// calls go on while it waits for the disk.
func (j *journal) seal() (lost int, err error) {
	lost, old, next, err := j.turn()
	if err != nil {
		return lost, err
	}
	for _, f := range []*os.File{old, next} { // next holds the open calls of old
		if f == nil {
			continue
		}
		if err := f.Sync(); err != nil {
			return lost, fmt.Errorf("sync the call journal: %w", err)
		}
	}
	if old != nil {
		err = old.Close()
	}
	return lost, err
}

// turn writes what waits and begins a new segment if this one holds ended
// calls; old is nil if it does not.
func (j *journal) turn() (lost int, old, next *os.File, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	lost, j.dropped = j.dropped, 0
	if err := j.writeUnwritten(); err != nil {
		return lost, nil, nil, err
	}
	if j.file == nil || j.ended == 0 {
		return lost, nil, j.file, nil
	}
	old = j.file
	if len(j.calls) == j.ended {
		j.closed[old.Name()] = j.calls
	} else {
		j.atHand -= len(j.calls)
	}
	j.file, j.ended, j.calls = nil, 0, nil
	if len(j.open) > 0 {
		if err := j.start(); err != nil {
			return lost, nil, nil, errors.Join(err, old.Close())
		}
	}
	return lost, old, j.file, nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.writeWaiting()
	if j.file == nil {
		return err
	}
	err = errors.Join(err, j.file.Sync(), j.file.Close())
	j.file = nil
	return err
}
