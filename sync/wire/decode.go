package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// ErrInvalid is in the chain of every error about a message that breaks the
// protocol.
var ErrInvalid = errors.New("invalid message")

// members lists the JSON names of a message's exported fields.
func members(message any) map[string]bool {
	names := map[string]bool{}
	for f := range reflect.TypeOf(message).Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" && name != "" {
			names[name] = true
		}
	}
	return names
}

// decode reads exactly one JSON object into dst and returns the members that
// known does not list.
func decode(data []byte, dst any, known map[string]bool) (map[string]json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil || all == nil {
		return nil, fmt.Errorf("%w: not one object", ErrInvalid)
	}
	if err := json.Unmarshal(data, dst); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrInvalid, wrongMember(err))
	}
	var extra map[string]json.RawMessage
	for name, raw := range all {
		if known[name] || foldsInto(name, known) {
			continue
		}
		if extra == nil {
			extra = map[string]json.RawMessage{}
		}
		extra[name] = compact(raw)
	}
	return extra, nil
}

// foldsInto is true for a name that encoding/json would match without regard
// to case; keeping it as unknown too would write it twice.
func foldsInto(name string, known map[string]bool) bool {
	for k := range known {
		if strings.EqualFold(k, name) {
			return true
		}
	}
	return false
}

func wrongMember(err error) string {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && t.Field != "" {
		return "wrong type at " + t.Field
	}
	if errors.Is(err, ErrInvalid) {
		return err.Error()
	}
	return "malformed"
}

func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return raw
	}
	return b.Bytes()
}

// encode writes known members in declaration order, then the unknown ones by
// name.
func encode(known any, extra map[string]json.RawMessage) ([]byte, error) {
	data, err := Marshal(known)
	if err != nil || len(extra) == 0 {
		return data, err
	}
	rest, err := Marshal(extra)
	if err != nil {
		return nil, err
	}
	if len(data) == 2 { // "{}"
		return rest, nil
	}
	return append(append(data[:len(data)-1], ','), rest[1:]...), nil
}

// Marshal writes v as JSON without escaping what HTML would need: values travel
// and are compared as the bytes they are.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
