// Package sse decodes server-sent events.
package sse

import (
	"bytes"
)

// DefaultMax bounds one server-sent event. A tool call with a whole file
// in its arguments, sent in one piece, stays far below it.
const DefaultMax = 8 << 20

// Event is one server-sent event, or a run of comments closed by a blank line
// (Data is then nil). Its slices are valid until the callback returns.
type Event struct {
	Name  string // the "event" field; empty means "message"
	Data  []byte // the "data" lines joined by \n; nil when there was none
	Raw   []byte // every byte since the previous event: all Raw together are the stream
	Cut   bool   // the stream ended before the blank line that closes the event
	Large bool   // a piece of an event over the bound: Raw only
	More  bool   // another piece of the same event follows
}

// Decoder splits a byte stream into server-sent events (WHATWG HTML § 9.2).
// What it yields does not depend on how the stream was cut into Feed calls,
// save for the sizes of Large pieces. Not safe for concurrent use.
type Decoder struct {
	Max int // bytes of one event; 0 means DefaultMax

	raw     []byte // bytes of the open event, at most Max and one Feed
	data    []byte
	hasData bool
	name    string
	lineLen int  // bytes of the open line
	size    int  // bytes of the open event
	afterCR bool // a following LF ends no second line
	begun   bool // the first line has passed, so no byte order mark can follow
	large   bool // the open event is over Max
}

// Feed takes the next bytes and calls on for each event that they complete, in
// order. It returns the first error of on and must not be called after one.
func (d *Decoder) Feed(p []byte, on func(Event) error) error {
	for len(p) > 0 {
		if d.afterCR {
			d.afterCR = false
			if p[0] == '\n' {
				d.keep(p[:1])
				d.lineLen, p = 0, p[1:]
				continue
			}
		}
		end := bytes.IndexAny(p, "\r\n")
		if end < 0 {
			d.keep(p)
			return d.spill(on)
		}
		d.keep(p[:end])
		line := d.line()
		blank := d.lineLen == 0
		d.field(line)
		d.keep(p[end : end+1])
		d.afterCR, d.lineLen = p[end] == '\r', 0
		p = p[end+1:]
		if err := d.endLine(blank, on); err != nil {
			return err
		}
	}
	return d.spill(on)
}

// Flush hands over what is left when the stream has ended. The event is marked
// Cut: its data may be half a line.
func (d *Decoder) Flush(on func(Event) error) error {
	d.field(d.line())
	if d.size == 0 {
		return nil
	}
	event := Event{Name: d.name, Raw: d.raw, Cut: true, Large: d.large}
	if d.hasData && !d.large {
		event.Data = d.data
	}
	err := on(event)
	d.reset()
	return err
}

func (d *Decoder) keep(p []byte) {
	d.raw = append(d.raw, p...)
	d.lineLen += len(p)
	d.size += len(p)
	if d.size > d.max() {
		d.large = true
	}
}

func (d *Decoder) max() int {
	if d.Max > 0 {
		return d.Max
	}
	return DefaultMax
}

// line is the open line, or nil once the event is too large to be kept.
func (d *Decoder) line() []byte {
	if d.large {
		return nil
	}
	return d.raw[len(d.raw)-d.lineLen:]
}

// spill hands a too large event over piece by piece, so that memory is bounded.
func (d *Decoder) spill(on func(Event) error) error {
	if !d.large || len(d.raw) == 0 {
		return nil
	}
	err := on(Event{Raw: d.raw, Large: true, More: true})
	d.raw, d.data = d.raw[:0], d.data[:0]
	return err
}

func (d *Decoder) endLine(blank bool, on func(Event) error) error {
	if !blank {
		return d.spill(on)
	}
	event := Event{Name: d.name, Raw: d.raw, Large: d.large}
	if d.hasData && !d.large {
		event.Data = d.data
	}
	err := on(event)
	d.reset()
	return err
}

// reset begins the next event. afterCR stays: its LF belongs to the next Raw.
func (d *Decoder) reset() {
	d.raw, d.data = d.raw[:0], d.data[:0]
	d.hasData, d.large, d.name = false, false, ""
	d.lineLen, d.size = 0, 0
}

var byteOrderMark = []byte("\xef\xbb\xbf")

func (d *Decoder) field(line []byte) {
	if !d.begun && !d.large {
		d.begun = true
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	if len(line) == 0 || line[0] == ':' {
		return
	}
	name, value, _ := bytes.Cut(line, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(name) {
	case "event":
		d.name = string(value)
	case "data":
		d.addData(value)
	case "error": // older llama.cpp servers: "error: {…}" instead of an event
		d.name = "error"
		d.addData(value)
	}
}

func (d *Decoder) addData(value []byte) {
	if d.hasData {
		d.data = append(d.data, '\n')
	}
	d.hasData = true
	d.data = append(d.data, value...)
	if d.data == nil {
		d.data = []byte{}
	}
}
