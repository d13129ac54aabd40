// Package merge decides what an operation does to a row. Both ends run it: the
// server to decide, the device to foresee.
package merge

import (
	"bytes"
	"encoding/json"
	"maps"

	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// Row is one row with the history its fields need to merge. The zero Row of an
// entity and id is a row that is not there.
type Row struct {
	Entity string
	ID     string
	Ver    int64 // sequence number of the last entry that changed it; only grows
	Fields map[string]json.RawMessage
	Stamps map[string]Stamp
}

// Stamp says who wrote the value of a field.
type Stamp struct {
	Ver    int64    `json:"v"`
	HLC    wire.HLC `json:"h"`
	Op     string   `json:"o,omitempty"` // empty when the value is a mix of two texts
	Client string   `json:"c,omitempty"`
}

// PendingVer is the version of values that the server has not confirmed yet.
const PendingVer = int64(1) << 62

// Exists is false for the zero Row of an id.
func (r Row) Exists() bool { return r.Fields != nil }

// Clone returns a row whose maps are its own.
func (r Row) Clone() Row {
	r.Fields, r.Stamps = maps.Clone(r.Fields), maps.Clone(r.Stamps)
	return r
}

// Replay does to row what the log entry says. The row given is not changed.
func Replay(row Row, e wire.Entry) Row {
	if e.Op.Kind == wire.Delete {
		return Row{Entity: row.Entity, ID: row.ID}
	}
	if e.Op.Kind == "" {
		return row
	}
	out := row.Clone()
	if out.Fields == nil {
		out.Entity, out.ID = e.Op.Entity, e.Op.ID
		out.Fields, out.Stamps = map[string]json.RawMessage{}, map[string]Stamp{}
	}
	out.Ver = e.Seq
	stamp := Stamp{Ver: e.Seq, HLC: e.Op.HLC, Op: e.Op.OpID, Client: e.Op.ClientID}
	for name, value := range e.Op.Fields {
		out.Fields[name], out.Stamps[name] = value, stamp
	}
	stamp.HLC = 0 // nobody said these: whatever somebody says later or beside it wins
	for _, f := range unsaid(out) {
		out.Fields[f.Name], out.Stamps[f.Name] = f.Zero(), stamp
	}
	for _, name := range e.Mixed {
		s := out.Stamps[name]
		s.Op = ""
		out.Stamps[name] = s
	}
	return out
}

// Overlay shows the confirmed row with pending operations on top, as the
// author expects to see it. Its Ver stays that of the confirmed row. An
// operation that can no longer apply shows nothing.
func Overlay(confirmed Row, pending []wire.Op) Row {
	row := confirmed
	for _, op := range pending {
		d := Decide(row, false, op, 0)
		d.Entry.Seq = PendingVer
		row = Replay(row, d.Entry)
	}
	row.Ver = confirmed.Ver
	return row
}

// unsaid lists the fields that a new row has no value for yet.
func unsaid(row Row) []entity.Field {
	e, _ := entity.Find(row.Entity)
	var out []entity.Field
	for _, f := range e.Fields {
		if row.Fields[f.Name] == nil {
			out = append(out, f)
		}
	}
	return out
}

// said leaves out the values of a create that are what the field holds anyway.
func said(e entity.Entity, given map[string]json.RawMessage) map[string]json.RawMessage {
	out := maps.Clone(given)
	for _, f := range e.Fields {
		if bytes.Equal(out[f.Name], f.Zero()) {
			delete(out, f.Name)
		}
	}
	return out
}

// zeroes fills the fields of a create that its author did not mention.
func zeroes(e entity.Entity, given map[string]json.RawMessage) map[string]json.RawMessage {
	out := maps.Clone(given)
	if out == nil {
		out = map[string]json.RawMessage{}
	}
	for _, f := range e.Fields {
		if _, ok := out[f.Name]; !ok {
			out[f.Name] = f.Zero()
		}
	}
	return out
}
