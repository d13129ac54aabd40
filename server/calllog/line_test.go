package calllog

import (
	"bytes"
	"reflect"
	"testing"
	"time"
)

// fill gives every field of v a value that is not its zero one, down to fields
// that are added later.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		*at = time.Date(2026, 2, 3, 4, 5, 6, 7_008, time.UTC)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0))
		fill(t, v.Index(1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.String:
		v.SetString("é \"q\"")
	case reflect.Int, reflect.Int64:
		v.SetInt(-7)
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("nobody thought of a %s", v.Type())
	}
}

// TestALineIsReadAsItWasWritten holds the writing of lines, which is by hand, to
// the reading, which is not: nothing may be left out.
func TestALineIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	full := line{}
	fill(t, reflect.ValueOf(&full).Elem())
	bare := Call{ID: "id", TenantID: "tenant", At: full.Ended.At}
	for _, want := range []line{
		{Begun: full.Begun}, {Tried: full.Tried}, {Got: full.Got}, {Ended: full.Ended}, {Begun: &bare}, {Tried: &tried{CallID: "id"}}, {Got: &got{CallID: "id"}},
	} {
		text := want.encode([]byte("before\n"))
		written, ok := bytes.CutPrefix(text, []byte("before\n"))
		if !ok || bytes.IndexByte(written, '\n') != len(written)-1 {
			t.Errorf("%q is no line of its own", text)
		}
		read, ok := parseLine(written)
		if !ok || !reflect.DeepEqual(read, want) {
			t.Errorf("%s is %+v, want %+v", written, read, want)
		}
	}
}
