package replication_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// median reports the middle of what was measured, in milliseconds.
func median(b *testing.B, name string, all []time.Duration) {
	b.Helper()
	slices.SortFunc(all, cmp.Compare)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, name)
}

// BenchmarkLocalWrite is local.write_p50_ms: a message with its outbox entry in
// one durable transaction, with the same bytes written and fsynced as floor.
func BenchmarkLocalWrite(b *testing.B) {
	d := newDevice(b, newServer(b))
	conv := newID()
	d.write(conversation(b, conv, "bench"))
	file, err := os.OpenFile(filepath.Join(b.TempDir(), "floor"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	block := make([]byte, 5*4120) // what one such transaction appends to the log: five pages with their headers
	var writes, floors []time.Duration
	for b.Loop() {
		op := message(b, conv, newID(), "a message of ordinary length, as people write them in a chat")
		start := time.Now()
		d.write(op)
		writes = append(writes, time.Since(start))
		start = time.Now()
		if _, err := file.Write(block); err != nil {
			b.Fatal(err)
		}
		if err := file.Sync(); err != nil {
			b.Fatal(err)
		}
		floors = append(floors, time.Since(start))
	}
	keep(b, writes, floors)
	median(b, "p50_ms", writes)
	median(b, "floor_p50_ms", floors)
}

// keep writes the raw samples, in ms, to the file that `make bench` names.
func keep(b *testing.B, values, floors []time.Duration) {
	b.Helper()
	path := os.Getenv("NEXUS_SAMPLES")
	if path == "" {
		return
	}
	ms := func(all []time.Duration) []float64 {
		out := make([]float64, len(all))
		for i, d := range all {
			out[i] = float64(d.Microseconds()) / 1000
		}
		return out
	}
	text, err := json.Marshal(map[string][]float64{"Values": ms(values), "Floors": ms(floors)})
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkVisible is the devices' part of sync.visible_p50_ms: from the write
// on one SQLite database over real sockets to the row in another.
func BenchmarkVisible(b *testing.B) {
	s := newServer(b)
	one, two := newDevice(b, s).start().bound(), newDevice(b, s).start().bound()
	conv := newID()
	one.write(conversation(b, conv, "bench"))
	two.until("there", func() bool { return two.has(`SELECT count(*) FROM conversation WHERE id = ?`, conv) })
	var all []time.Duration
	for b.Loop() {
		id := newID()
		op := message(b, conv, id, "a message of ordinary length, as people write them in a chat")
		start := time.Now()
		one.write(op)
		two.until("there", func() bool { return two.has(`SELECT count(*) FROM message WHERE id = ?`, id) })
		all = append(all, time.Since(start))
	}
	median(b, "p50_ms", all)
}
