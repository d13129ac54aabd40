package jsonline_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"nexusai/server/jsonline"
)

func TestAnObjectHoldsItsMembers(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 4, 5, 6, 7_000, time.UTC)
	got := jsonline.Open([]byte("[")).
		Text("a", `"q"`).TextOrNull("b", "").TextOrNull("c", "c").TextIf("d", "").Texts("e", nil).Texts("f", []string{"x", "\n"}).TextsIf("g", nil).
		Int("h", -7).IntIf("i", 0).Bool("j", false).BoolIf("k", false).Time("l", at).TimeIf("m", time.Time{})
	got = append(got.Key("n"), `{"x":1}`...).Next()
	want := `[{"a":"\"q\"","b":null,"c":"c","e":[],"f":["x","\n"],"h":-7,"j":false,"l":"2026-02-03T04:05:06.000007Z","n":{"x":1}}`
	if text := string(got.Close()); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if text := string(jsonline.Open(nil).Close()); text != "{}" {
		t.Errorf("an empty one is %s", text)
	}
}

// FuzzObject: whatever the values are, encoding/json reads them back.
func FuzzObject(f *testing.F) {
	f.Add("plain", int64(1), true, int64(0))
	f.Add("\x00\"\\\u2028é\xff<", int64(-1<<63), false, int64(1<<60))
	f.Fuzz(func(t *testing.T, text string, n int64, is bool, nanos int64) {
		type value struct {
			Text  string
			Texts []string
			N     int64
			Is    bool
			At    time.Time
		}
		want := value{text, []string{text, ""}, n, is, time.Unix(0, nanos).UTC()}
		raw, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		want = value{} // as encoding/json reads what it wrote itself
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		var got value
		written := jsonline.Open(nil).Text("Text", text).Texts("Texts", []string{text, ""}).Int("N", n).Bool("Is", is).Time("At", time.Unix(0, nanos).UTC()).Close()
		if err := json.Unmarshal(written, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, want %+v: %v", written, got, want, err)
		}
	})
}
