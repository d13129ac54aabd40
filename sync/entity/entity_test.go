package entity_test

import (
	"encoding/json"
	"testing"

	"nexusai/sync/entity"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	text := entity.Field{Name: "f", Max: 8}
	for name, c := range map[string]struct {
		f    entity.Field
		in   string
		want string // empty: refused
	}{
		"text":                 {text, `"\u003cé>"`, `"<é>"`},
		"no null bytes":        {text, `"a\u0000"`, "\"a\uFFFD\""},
		"half a surrogate":     {text, `"\ud800"`, "\"\uFFFD\""},
		"too long":             {text, `"123456789"`, ""},
		"a number for a text":  {text, `7`, ""},
		"null becomes empty":   {text, `null`, `""`},
		"null stays null":      {entity.Field{Null: true, Type: entity.Time}, ` null `, `null`},
		"time to milliseconds": {entity.Field{Type: entity.Time}, `"2026-11-22T12:00:00.123456+02:00"`, `"2026-11-22T10:00:00.123Z"`},
		"not a time":           {entity.Field{Type: entity.Time}, `"tomorrow"`, ""},
		"id to lower case":     {entity.Field{Type: entity.ID}, `"0190C0DE-0000-7000-8000-000000000001"`, `"0190c0de-0000-7000-8000-000000000001"`},
		"not an id":            {entity.Field{Type: entity.ID}, `"0190c0de00007000800000000000000000001"`, ""},
		"a whole number":       {entity.Field{Type: entity.Int}, `9007199254740993`, `9007199254740993`},
		"not a whole number":   {entity.Field{Type: entity.Int}, `1.5`, ""},
		"too large a number":   {entity.Field{Type: entity.Int}, `99999999999999999999`, ""},
		"none of the words":    {entity.Field{Enum: []string{"user"}}, `"root"`, ""},
		"true":                 {entity.Field{Type: entity.Bool}, ` true`, `true`},
	} {
		got, err := c.f.Canonical(json.RawMessage(c.in))
		if string(got) != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
}

// FuzzCanonical: what is accepted once is accepted for ever, as itself.
func FuzzCanonical(f *testing.F) {
	for i, seed := range []string{`"x"`, `null`, `-7`, `true`, `"2026-11-22T12:00:00+02:00"`, `"0190C0DE-0000-7000-8000-000000000001"`, `"\ud800\u0000"`} {
		f.Add(i%5, seed)
	}
	f.Fuzz(func(t *testing.T, kind int, in string) {
		field := entity.Field{Name: "f", Type: entity.Type(((kind % 5) + 5) % 5), Null: kind%2 == 0}
		first, err := field.Canonical(json.RawMessage(in))
		if err != nil {
			return
		}
		again, err := field.Canonical(first)
		if err != nil || string(again) != string(first) || !json.Valid(first) {
			t.Fatalf("%q became %q and then %q: %v", in, first, again, err)
		}
	})
}

func TestTableIsSound(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, e := range entity.All() {
		for _, r := range e.Refs {
			f, ok := e.Field(r.Field)
			if !ok || f.Type != entity.ID || (!seen[r.Entity] && r.Entity != e.Name) {
				t.Errorf("%s refers to %s by %s", e.Name, r.Entity, r.Field)
			}
		}
		for _, f := range e.Fields {
			if f.Type == entity.Text && f.Max == 0 {
				t.Errorf("%s.%s has no bound", e.Name, f.Name)
			}
			if z, err := f.Canonical(f.Zero()); f.Enum == nil && (err != nil || string(z) != string(f.Zero())) {
				t.Errorf("%s.%s: the zero %s is not canonical: %v", e.Name, f.Name, f.Zero(), err)
			}
		}
		seen[e.Name] = true
	}
}
