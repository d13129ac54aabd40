package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Begin opens a page of a scope's log.
type Begin struct {
	Scope string `json:"scope"`
	Epoch int64  `json:"epoch"`
	From  int64  `json:"from"` // the cursor asked for
	Head  int64  `json:"head"` // of the scope when the page was read
}

// End closes a page; a page without it is worth nothing.
type End struct {
	Cursor int64 `json:"cursor"` // to store with the entries
	More   bool  `json:"more,omitempty"`
	// Sum is the scope's sum over live rows at Cursor, when Cursor is the head.
	Sum   string           `json:"sum,omitempty"`
	Acked map[string]int64 `json:"acked,omitempty"` // last mid applied, per lane of this client
}

// Page is begin, entries and end together: what is applied in one transaction.
type Page struct {
	Begin   Begin
	Entries []Entry
	End     End
}

// frame is one line of a page on the wire.
type frame struct {
	Begin *Begin  `json:"begin,omitempty"`
	Ops   []Entry `json:"ops,omitempty"`
	End   *End    `json:"end,omitempty"`
}

const (
	opsPerFrame = 64
	// maxPageBytes bounds a page after decompression.
	maxPageBytes = 64 << 20
	maxFrame     = 40 << 20
)

// WritePage writes the page as zstd-compressed frames, one JSON object a line.
func WritePage(w io.Writer, p Page) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return fmt.Errorf("open zstd: %w", err)
	}
	enc := json.NewEncoder(z)
	enc.SetEscapeHTML(false)
	frames := []frame{{Begin: &p.Begin}}
	for rest := p.Entries; len(rest) > 0; {
		n := min(opsPerFrame, len(rest))
		frames = append(frames, frame{Ops: rest[:n]})
		rest = rest[n:]
	}
	for _, f := range append(frames, frame{End: &p.End}) {
		if err := enc.Encode(f); err != nil {
			return fmt.Errorf("write frame: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("close zstd: %w", err)
	}
	return nil
}

// ReadPage reads a whole page. A page that is cut off, out of order or beyond
// the bounds is ErrInvalid; unknown frames are skipped.
func ReadPage(r io.Reader) (Page, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPageBytes), zstd.WithDecoderLowmem(true))
	if err != nil {
		return Page{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	defer z.Close()
	lines := bufio.NewScanner(io.LimitReader(z, maxPageBytes))
	lines.Buffer(make([]byte, 0, 64<<10), maxFrame)
	var a assembly
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var f frame
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return Page{}, fmt.Errorf("%w: frame: %w", ErrInvalid, err)
		}
		if err := a.add(f); err != nil {
			return Page{}, err
		}
	}
	if err := lines.Err(); err != nil {
		return Page{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return a.page()
}

type assembly struct {
	Page
	begun, ended bool
}

func (a *assembly) add(f frame) error {
	if a.ended || (f.Begin != nil) == a.begun {
		return fmt.Errorf("%w: frames out of order", ErrInvalid)
	}
	if f.Begin != nil {
		a.begun, a.Begin = true, *f.Begin
	}
	last := a.Begin.From
	if n := len(a.Entries); n > 0 {
		last = a.Entries[n-1].Seq
	}
	for _, e := range f.Ops {
		if e.Seq != last+1 {
			return fmt.Errorf("%w: a gap before entry %d", ErrInvalid, e.Seq)
		}
		last = e.Seq
	}
	a.Entries = append(a.Entries, f.Ops...)
	if f.End != nil {
		a.ended, a.End = true, *f.End
	}
	return nil
}

func (a *assembly) page() (Page, error) {
	if !a.ended {
		return Page{}, fmt.Errorf("%w: the page has no end", ErrInvalid)
	}
	if a.End.Cursor != a.Begin.From+int64(len(a.Entries)) {
		return Page{}, fmt.Errorf("%w: the cursor does not match the entries", ErrInvalid)
	}
	return a.Page, nil
}
