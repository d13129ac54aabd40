package sse_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nexusai/backend/provider/sse"
)

// decoded is an event by value; Raw is compared as one string over all events.
type decoded struct {
	name, data string
	none, cut  bool
	large      bool
}

func decode(limit int, pieces ...[]byte) (events []decoded, raw string) {
	d := sse.Decoder{Max: limit}
	var all bytes.Buffer
	on := func(e sse.Event) error {
		all.Write(e.Raw)
		if e.Large {
			if n := len(events); n > 0 && events[n-1].large && !events[n-1].cut {
				return nil // pieces of one large event, or of two neighbours
			}
			events = append(events, decoded{large: true})
			return nil
		}
		events = append(events, decoded{name: e.Name, data: string(e.Data), none: e.Data == nil, cut: e.Cut})
		return nil
	}
	for _, p := range pieces {
		_ = d.Feed(p, on)
	}
	_ = d.Flush(on)
	return events, all.String()
}

func TestDecoderReadsWhatTheStandardSays(t *testing.T) {
	t.Parallel()
	msg := func(data string) decoded { return decoded{data: data} }
	none := decoded{none: true}
	for name, c := range map[string]struct {
		in   string
		want []decoded
	}{
		"line feeds":            {"data: a\n\ndata: b\n\n", []decoded{msg("a"), msg("b")}},
		"carriage returns":      {"data: a\r\rdata: b\r\r", []decoded{msg("a"), msg("b")}},
		"both":                  {"data: a\r\n\r\ndata: b\r\n\r\n", []decoded{msg("a"), msg("b"), {none: true, cut: true}}},
		"joined lines":          {"data: a\ndata: b\n\n", []decoded{msg("a\nb")}},
		"no space, two spaces":  {"data:a\n\ndata:  b\n\n", []decoded{msg("a"), msg(" b")}},
		"empty data":            {"data\n\ndata:\n\n", []decoded{msg(""), msg("")}},
		"comment":               {": ping\n\ndata: a\n\n", []decoded{none, msg("a")}},
		"comment inside":        {"data: a\n: ping\ndata: b\n\n", []decoded{msg("a\nb")}},
		"other fields":          {"id: 1\nretry: 5\nnonsense\ndata: a\n\n", []decoded{msg("a")}},
		"named":                 {"event: error\ndata: a\n\ndata: b\n\n", []decoded{{name: "error", data: "a"}, msg("b")}},
		"old llama.cpp error":   {"error: {}\n\n", []decoded{{name: "error", data: "{}"}}},
		"byte order mark":       {"\ufeffdata: a\n\n", []decoded{msg("a")}},
		"mark is no mark later": {"data: a\n\n\ufeffdata: b\n\n", []decoded{msg("a"), none}},
		"cut in data":           {"data: a\n\ndata: b", []decoded{msg("a"), {data: "b", cut: true}}},
		"cut in name":           {"da", []decoded{{none: true, cut: true}}},
		"nothing":               {"", nil},
		"too large":             {"data: " + strings.Repeat("x", 200) + "\n\ndata: b\n\n", []decoded{{large: true}, msg("b")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, raw := decode(100, []byte(c.in))
			if !slices.Equal(got, c.want) {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
			if raw != c.in {
				t.Errorf("raw bytes differ: %q", raw)
			}
		})
	}
}

func TestDecoderBoundsItsMemory(t *testing.T) {
	t.Parallel()
	d := sse.Decoder{Max: 1 << 10}
	piece := bytes.Repeat([]byte("x"), 4<<10)
	var passed, largest int
	on := func(e sse.Event) error {
		passed += len(e.Raw)
		largest = max(largest, cap(e.Raw))
		return nil
	}
	for range 1 << 10 {
		_ = d.Feed(piece, on)
	}
	if passed != 4<<20 || largest > 64<<10 {
		t.Errorf("passed %d bytes holding %d", passed, largest)
	}
}

func TestDecoderStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	var d sse.Decoder
	calls := 0
	err := d.Feed([]byte("data: a\n\ndata: b\n\n"), func(sse.Event) error {
		calls++
		return fmt.Errorf("stop")
	})
	if err == nil || calls != 1 {
		t.Errorf("err %v after %d calls", err, calls)
	}
}

// cuts splits in at places taken from how.
func cuts(in, how []byte) (pieces [][]byte) {
	for _, b := range how {
		n := min(int(b)%17, len(in))
		pieces = append(pieces, in[:n])
		in = in[n:]
	}
	return append(pieces, in)
}

func FuzzDecoderDoesNotDependOnCuts(f *testing.F) {
	for _, in := range []string{
		"data: a\n\n", "data: a\r\n\r\ndata: b\r\r", ": ping\n\nevent: e\ndata: 1\ndata: 2\n\n",
		"\ufeffdata: \xff\xfe\n\n", "data: " + strings.Repeat("y", 90) + "\n\ndata: z\n\n", "\r\n\r\n\r", "error: x\n\n",
	} {
		f.Add([]byte(in), []byte{1, 2, 3, 0, 5})
	}
	f.Fuzz(func(t *testing.T, in, how []byte) {
		want, wantRaw := decode(64, in)
		got, raw := decode(64, cuts(in, how)...)
		if !slices.Equal(got, want) {
			t.Errorf("cut: %+v\nwhole: %+v", got, want)
		}
		if raw != string(in) || wantRaw != string(in) {
			t.Errorf("bytes lost: %q of %q", raw, in)
		}
		single := make([][]byte, len(in))
		for i := range in {
			single[i] = in[i : i+1]
		}
		if got, _ := decode(64, single...); !slices.Equal(got, want) {
			t.Errorf("byte by byte: %+v\nwhole: %+v", got, want)
		}
	})
}
