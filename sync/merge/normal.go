package merge

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"nexusai/sync/entity"
	"nexusai/sync/wire"
)

// Refused is an operation that can never apply. Code is one of wire's.
type Refused struct {
	Code   string
	Entity string
	ID     string
}

// Error names the reason; it holds no user data.
func (r *Refused) Error() string { return "operation on " + r.Entity + " refused: " + r.Code }

const (
	maxUnknown      = 32 // fields of a newer program kept per operation
	maxUnknownBytes = 64 << 10
)

// Normal checks an operation against the entity table and writes its values in
// canonical form. Fields this version does not know are kept as they are.
// Returns *Refused.
func Normal(op wire.Op) (wire.Op, error) {
	refuse := func(code string) (wire.Op, error) {
		return wire.Op{}, &Refused{Code: code, Entity: op.Entity, ID: op.ID}
	}
	e, ok := entity.Find(op.Entity)
	if !ok {
		return refuse(wire.CodeEntity)
	}
	if op.SchemaV < entity.OldestSchema {
		return refuse(wire.CodeSchema)
	}
	if op.Lane != e.Lane || (op.Kind == wire.Delete && !e.Deletable) {
		return refuse(wire.CodeKind)
	}
	if op.Kind == wire.Update && e.Node {
		return refuse(wire.CodeImmutable)
	}
	if op.Kind == wire.Delete {
		op.Fields, op.Base = nil, nil
		return op, nil
	}
	fields, ok := canonical(e, op.Fields)
	if !ok {
		return refuse(wire.CodeValue)
	}
	base, ok := canonical(e, op.Base)
	if !ok {
		return refuse(wire.CodeValue)
	}
	op.Fields, op.Base = fields, base
	return op, nil
}

func canonical(e entity.Entity, fields map[string]json.RawMessage) (map[string]json.RawMessage, bool) {
	out := make(map[string]json.RawMessage, len(fields))
	unknown := 0
	for name, raw := range fields {
		f, known := e.Field(name)
		if !known {
			unknown++
			value, ok := foreign(name, raw)
			if !ok || unknown > maxUnknown {
				return nil, false
			}
			out[name] = value
			continue
		}
		value, err := f.Canonical(raw)
		if err != nil {
			return nil, false
		}
		out[name] = value
	}
	return out, true
}

// foreign keeps the value of a field that only newer programs know. The server
// stores it as JSON, which in Postgres cannot hold U+0000.
func foreign(name string, raw json.RawMessage) (json.RawMessage, bool) {
	if name == "" || len(name) > 64 || len(raw) > maxUnknownBytes || !utf8.Valid(raw) || !utf8.ValidString(name) ||
		bytes.Contains(raw, []byte(`\u0000`)) || bytes.ContainsRune([]byte(name), 0) {
		return nil, false
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, false
	}
	return b.Bytes(), true
}
