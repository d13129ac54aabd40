package merge

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// Decision is what an operation does to a row.
type Decision struct {
	Status wire.Status
	Code   string // when rejected
	// Entry is what the log says, without Seq. It is empty when Logged is false.
	Entry  wire.Entry
	Logged bool
}

// Decide judges one normal operation (see Normal) against the row as it is;
// dead says that the id was deleted for good. limit is the latest stamp an
// operation may carry, 0 for none. The row is not changed.
//
// Per field: an author who saw the current value replaces it, whatever the
// clocks say. Otherwise the edits are concurrent and the later stamp wins; what
// lost is in Entry.Losers.
func Decide(row Row, dead bool, op wire.Op, limit wire.HLC) Decision {
	e, ok := entity.Find(op.Entity)
	switch {
	case !ok:
		return rejected(wire.CodeEntity)
	case dead && op.Kind == wire.Delete:
		return Decision{Status: wire.Applied}
	case dead:
		return rejected(wire.CodeDead)
	case !row.Exists() && op.Kind != wire.Create:
		return rejected(wire.CodeAbsent)
	case op.Kind == wire.Delete:
		return remove(row, op, limit)
	case !row.Exists():
		return create(e, op, limit)
	case e.Node:
		return again(e, row, op)
	case op.Kind == wire.Create:
		op.Fields = said(e, op.Fields)
	}
	return edit(e, row, op, limit)
}

func rejected(code string) Decision { return Decision{Status: wire.Rejected, Code: code} }

// logged makes the entry of op with the fields that changed.
func logged(op wire.Op, fields map[string]json.RawMessage, stamp wire.HLC) wire.Entry {
	op.Fields, op.HLC = fields, stamp
	op.Base, op.Over = nil, nil
	return wire.Entry{Op: op}
}

func create(e entity.Entity, op wire.Op, limit wire.HLC) Decision {
	return Decision{Status: wire.Applied, Logged: true, Entry: logged(op, said(e, op.Fields), clamp(op.HLC, limit))}
}

// again is a second create of a node: a repeat is fine, another content is not.
func again(e entity.Entity, row Row, op wire.Op) Decision {
	given := zeroes(e, op.Fields)
	for _, f := range e.Fields {
		if f.Rule == entity.Fixed && !bytes.Equal(row.Fields[f.Name], given[f.Name]) {
			return rejected(wire.CodeImmutable)
		}
	}
	return Decision{Status: wire.Applied}
}

// remove always wins; what its author had not seen is kept.
func remove(row Row, op wire.Op, limit wire.HLC) Decision {
	entry := logged(op, nil, clamp(op.HLC, limit))
	for _, name := range slices.Sorted(maps.Keys(row.Fields)) {
		if s := row.Stamps[name]; s.Ver != PendingVer && !saw(op, name, s) {
			entry.Losers = append(entry.Losers, loser(name, row.Fields[name], s))
		}
	}
	return Decision{Status: wire.Applied, Logged: true, Entry: entry}
}

func loser(name string, value json.RawMessage, s Stamp) wire.Loser {
	return wire.Loser{Field: name, Value: value, OpID: s.Op, ClientID: s.Client, HLC: s.HLC}
}

// judge collects what an edit does, field by field.
type judge struct {
	row     Row
	op      wire.Op
	mine    Stamp // of the operation, clamped
	lifted  wire.HLC
	changed map[string]json.RawMessage
	mixed   []string
	losers  []wire.Loser
	lost    int // fields of the operation that a concurrent edit beat
}

func edit(e entity.Entity, row Row, op wire.Op, limit wire.HLC) Decision {
	j := &judge{row: row, op: op, changed: map[string]json.RawMessage{}}
	j.mine = Stamp{HLC: clamp(op.HLC, limit), Op: op.OpID, Client: op.ClientID}
	j.lifted = j.mine.HLC
	for _, name := range slices.Sorted(maps.Keys(op.Fields)) {
		f, _ := e.Field(name) // the zero Field merges as Set: right for what we do not know
		j.field(f.Rule, name, op.Fields[name])
	}
	if len(j.changed) == 0 && len(j.losers) == 0 {
		return Decision{Status: wire.Applied}
	}
	d := Decision{Status: wire.Applied, Logged: true, Entry: logged(op, j.changed, j.lifted)}
	d.Entry.Mixed, d.Entry.Losers = j.mixed, j.losers
	d.Entry.Op.Kind = wire.Update
	switch {
	case len(j.changed) == 0:
		d.Status, d.Entry.Op.Kind = wire.Superseded, ""
	case j.lost > 0 || len(j.mixed) > 0:
		d.Status = wire.Merged
	}
	return d
}

func (j *judge) field(rule entity.Rule, name string, value json.RawMessage) {
	current, stamp := j.row.Fields[name], j.row.Stamps[name]
	switch {
	case current == nil:
		j.changed[name] = value
	case rule == entity.Once || rule == entity.Fixed:
	case rule == entity.Latest:
		if bytes.Compare(value, current) > 0 {
			j.changed[name] = value
		}
	case saw(j.op, name, stamp):
		// a stamp below what it replaced would let an edit that lost to the
		// replaced value beat this one
		j.lifted = max(j.lifted, stamp.HLC+1)
		j.changed[name] = value
	case rule == entity.Merge && j.mix(name, value, current):
	default:
		j.race(name, value, current, stamp)
	}
}

// saw reports whether the author had the current value in front of them.
func saw(op wire.Op, name string, s Stamp) bool {
	if own, ok := op.Over[name]; ok {
		return own != "" && s.Op == own
	}
	return s.Ver <= op.BaseVer
}

// mix merges two texts that grew from one; false when they overlap.
func (j *judge) mix(name string, value, current json.RawMessage) bool {
	base, ok := j.op.Base[name]
	if !ok {
		return false
	}
	var texts [3]string
	for i, raw := range []json.RawMessage{base, current, value} {
		if json.Unmarshal(raw, &texts[i]) != nil {
			return false
		}
	}
	text, ok := Text(texts[0], texts[1], texts[2])
	if !ok {
		return false
	}
	out := entity.Quote(text)
	if bytes.Equal(out, current) {
		return true // theirs holds all of mine already
	}
	j.changed[name] = out
	if !bytes.Equal(out, value) {
		j.mixed = append(j.mixed, name)
	}
	return true
}

func (j *judge) race(name string, value, current json.RawMessage, s Stamp) {
	wins := later(j.mine, s)
	if wins {
		j.changed[name] = value
	}
	if bytes.Equal(value, current) || s.HLC == 0 {
		return // the same, or a value that nobody chose
	}
	if wins {
		j.losers = append(j.losers, loser(name, current, s))
		return
	}
	j.lost++
	j.losers = append(j.losers, loser(name, value, j.mine))
}

// later orders concurrent edits: by stamp, then by op_id so that both ends and
// every replay agree.
func later(a, b Stamp) bool {
	return cmp.Or(cmp.Compare(a.HLC, b.HLC), cmp.Compare(a.Op, b.Op)) > 0
}

func clamp(h, limit wire.HLC) wire.HLC {
	if limit > 0 && h > limit {
		return limit
	}
	return h
}
