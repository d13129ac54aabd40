package fields_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"nexusai/backend/fault"
	"nexusai/backend/surface/fields"
)

func TestReadsByExactNameAndNotesTheRest(t *testing.T) {
	t.Parallel()
	var sheet fields.Sheet
	o := fields.Read(&sheet, []byte(`{"a":"x","A":"y","n":null,"off":false,"none":[],"list":[{"k":1,"z":2},{"k":2}],"in":{"q":1,"r":0.5},"x\r\nSet-Cookie: é":1}`))
	if o.Text("a") != "x" || o.Has("n") || o.Number("n") != nil {
		t.Error("a member was misread")
	}
	sum := 0
	o.Each("list", 9, func(_ int, item *fields.Object) { sum += item.Count("k") })
	in := o.Inner("in")
	if *in.Number("r") != 0.5 || sum != 3 {
		t.Error("an inner member was misread")
	}
	in.Done()
	o.Done()
	if want := []string{"list.0.z", "in.q", "A", "x??Set-Cookie???"}; !reflect.DeepEqual(sheet.Unknown(), want) || sheet.Err() != nil {
		t.Errorf("unknown %q, %v", sheet.Unknown(), sheet.Err())
	}
}

func TestTheFirstErrorNamesItsField(t *testing.T) {
	t.Parallel()
	for field, read := range map[string]func(o *fields.Object){
		"text":   func(o *fields.Object) { o.Text("text") },
		"count":  func(o *fields.Object) { o.Count("count") },
		"none":   func(o *fields.Object) { o.Need("none") },
		"flag":   func(o *fields.Object) { o.Bool("flag") },
		"inner":  func(o *fields.Object) { o.Inner("inner") },
		"list":   func(o *fields.Object) { o.Each("list", 1, func(int, *fields.Object) {}) },
		"list.0": func(o *fields.Object) { o.Each("list", 9, func(int, *fields.Object) {}) },
		"schema": func(o *fields.Object) { o.JSON("schema") },
	} {
		var sheet fields.Sheet
		o := fields.Read(&sheet, []byte(`{"text":7,"count":-1,"flag":"yes","inner":3,"list":[3,{}],"schema":"x"}`))
		if field == "list" {
			o = fields.Read(&sheet, []byte(`{"list":[{},{}]}`))
		}
		read(o)
		o.Text("text")
		if f := fault.From(sheet.Err()); f == nil || f.Code != fault.BadRequest || f.Field != field {
			t.Errorf("%s is %+v", field, f)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":"c"}],"n":1}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		if !json.Valid(body) {
			return
		}
		var sheet fields.Sheet
		o := fields.Read(&sheet, body)
		o.Text("a")
		o.Texts("a")
		o.Count("n")
		o.JSON("n")
		o.Each("a", 3, func(_ int, item *fields.Object) { item.Number("b") })
		if in := o.Inner("a"); in != nil {
			in.Done()
		}
		o.Done()
	})
}
