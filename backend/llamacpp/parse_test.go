package llamacpp

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzParseBuild(f *testing.F) {
	for _, seed := range []string{"engine 37 206 4711\n", "failed 12 no compiler", "engine 9 3 1", "engine -1 3 1", "failed x y", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := parseBuild(text)
		if err == nil && b.Failed == "" && (b.PID <= 0 || b.Done < 0 || b.Total < b.Done) {
			t.Errorf("%q gives %+v", text, b)
		}
	})
}

func TestParseBuild(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Build{
		"engine 37 206 4711\n":               {Done: 37, Total: 206, PID: 4711},
		"failed 12 cmake is missing: do x\n": {PID: 12, Failed: "cmake is missing: do x"},
	} {
		if got, err := parseBuild(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "engine", "engine 9 3 1", "engine 1 2 0", "failed 1", "nonsense 1 2 3"} {
		if got, err := parseBuild(text); err == nil {
			t.Errorf("%q gives %+v", text, got)
		}
	}
}

func FuzzParseAvailable(f *testing.F) {
	f.Add([]byte("MemTotal: 1 kB\nMemAvailable:   24000000 kB\n"))
	f.Add([]byte("MemAvailable: 99999999999999999999 kB"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if n, known := parseAvailable(text); n < 0 || !known && n != 0 {
			t.Errorf("%q gives %d, %v", text, n, known)
		}
	})
}

func TestParseAvailable(t *testing.T) {
	t.Parallel()
	if n, known := parseAvailable([]byte("MemTotal: 1 kB\nMemAvailable:   2048 kB\nX: 1\n")); n != 2<<20 || !known {
		t.Errorf("got %d, %v", n, known)
	}
}

// tinyVocabulary is a GGUF file with every kind of key that readVocabulary keeps or skips.
func tinyVocabulary() []byte {
	w := new(ggufWriter)
	w.text("general.name", "x")
	w.number("n", 7)
	w.flag("f", true)
	w.float("x", 1.5)
	w.texts("tokenizer.ggml.tokens", [][]byte{[]byte("a"), []byte("bc")})
	w.floats("tokenizer.ggml.scores", []float32{-1, -2})
	w.integers("tokenizer.ggml.token_type", []int32{1, 3})
	w.bytes("tokenizer.ggml.precompiled_charsmap", []byte{1, 2, 255})
	w.texts("tokenizer.ggml.merges", [][]byte{[]byte("a b")})
	w.tensor("t", ggmlF32, []uint64{2}, make([]byte, 8))
	var b bytes.Buffer
	_, _ = w.WriteTo(&b)
	return b.Bytes()
}

func TestGGUFRoundTrip(t *testing.T) {
	t.Parallel()
	raw := tinyVocabulary()
	if len(raw)%ggufAlign != 0 {
		t.Errorf("%d bytes are not aligned", len(raw))
	}
	v, err := readVocabulary(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.tokens) != 2 || string(v.tokens[1]) != "bc" || v.scores[1] != -2 || v.kinds[1] != 3 || !bytes.Equal(v.charsmap, []byte{1, 2, 255}) {
		t.Errorf("read %+v", v)
	}
}

func FuzzReadVocabulary(f *testing.F) {
	f.Add(tinyVocabulary())
	f.Add([]byte("GGUF"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if v, err := readVocabulary(raw); err == nil && len(v.charsmap) > len(raw) {
			t.Error("read more than there is")
		}
	})
}

func FuzzReadE5(f *testing.F) {
	f.Add([]byte("E5S1" + strings.Repeat("\x01\x00\x00\x00", 40)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := readE5(raw)
		if err == nil && len(e.pieces) > len(raw) {
			t.Error("read more than there is")
		}
		_ = packE5(raw, tinyVocabulary(), &bytes.Buffer{})
	})
}

func TestPackE5RefusesOtherFiles(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := packE5([]byte("something else"), tinyVocabulary(), &out); err == nil || out.Len() > 0 {
		t.Errorf("got %d bytes, %v", out.Len(), err)
	}
}

func TestCatalogueIsConsistent(t *testing.T) {
	t.Parallel()
	for _, m := range Catalogue() {
		if m.License == "" || m.Memory <= 0 || m.Context <= 0 || m.Public == nil && m.Registry == nil {
			t.Errorf("%s lacks something: %+v", m.ID, m)
		}
		for _, s := range m.sums() {
			if len(s) != 64 {
				t.Errorf("%s: hash %q", m.ID, s)
			}
		}
		if m.Kind == Embeddings && m.Dim == 0 {
			t.Errorf("%s has no dimension", m.ID)
		}
		if m.Registry == nil {
			continue
		}
		for _, p := range m.Registry.Parts {
			if len(p.SHA256) != 64 || p.Size <= 0 || p.Member == "" || p.File == "" {
				t.Errorf("%s: part %+v", m.ID, p)
			}
		}
	}
}
