package llamacpp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// GGUF is llama.cpp's file format: a header, typed keys, a table of tensors,
// their bytes. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

// Types of GGUF values and of tensor elements.
const (
	ggufUint8   = 0
	ggufUint32  = 4
	ggufInt32   = 5
	ggufFloat32 = 6
	ggufBool    = 7
	ggufString  = 8
	ggufArray   = 9

	ggmlF32 = 0
	ggmlQ4  = 2 // Q4_0

	ggufAlign = 32
)

// ggufSizes are the bytes of each fixed-size value type.
var ggufSizes = map[uint32]int{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

// vocabulary is what packE5 wants of a GGUF file.
type vocabulary struct {
	tokens   [][]byte
	scores   []float32
	kinds    []int32
	charsmap []byte
}

// readVocabulary walks the keys of a GGUF file and keeps the tokenizer's.
func readVocabulary(raw []byte) (*vocabulary, error) {
	c := &cursor{buf: raw}
	if string(c.take(4)) != "GGUF" {
		return nil, fmt.Errorf("no GGUF header")
	}
	c.u32()
	c.u64()
	v := new(vocabulary)
	for range c.u64() {
		key := string(c.str())
		if c.err != nil {
			return nil, c.err
		}
		if err := v.read(c, key, c.u32()); err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
	}
	return v, c.err
}

// read keeps or skips the value of one key.
func (v *vocabulary) read(c *cursor, key string, kind uint32) error {
	if kind != ggufArray {
		return c.skip(kind, 1)
	}
	of, n := c.u32(), int(min(c.u64(), math.MaxInt32))
	switch {
	case key == "tokenizer.ggml.tokens" && of == ggufString:
		for range n {
			if c.err != nil {
				break
			}
			v.tokens = append(v.tokens, c.str())
		}
	case key == "tokenizer.ggml.scores" && of == ggufFloat32:
		v.scores = c.f32s(n)
	case key == "tokenizer.ggml.token_type" && of == ggufInt32:
		for _, k := range c.u32s(n) {
			v.kinds = append(v.kinds, int32(k))
		}
	case key == "tokenizer.ggml.precompiled_charsmap" && ggufSizes[of] == 1:
		v.charsmap = c.take(n)
	default:
		return c.skip(of, n)
	}
	return c.err
}

// skip passes over n values of a type; arrays of arrays do not occur.
func (c *cursor) skip(kind uint32, n int) error {
	if kind == ggufString {
		for i := 0; i < n && c.err == nil; i++ {
			c.str()
		}
		return c.err
	}
	size, ok := ggufSizes[kind]
	if !ok {
		return fmt.Errorf("unknown type %d", kind)
	}
	c.take(times(n, size))
	return c.err
}

func (c *cursor) str() []byte { return c.take(int(min(c.u64(), math.MaxInt32))) }

// ggufWriter collects keys and tensors and writes them as one file.
type ggufWriter struct {
	keys, table         bytes.Buffer
	keyCount, tensCount uint64
	data                [][]byte
	offset              uint64
}

func putString[T string | []byte](b *bytes.Buffer, s T) {
	put(b, uint64(len(s)))
	b.Write([]byte(s))
}

func put(b *bytes.Buffer, v any) {
	_ = binary.Write(b, binary.LittleEndian, v) // a buffer takes everything
}

func (w *ggufWriter) key(name string, kind uint32) {
	w.keyCount++
	putString(&w.keys, name)
	put(&w.keys, kind)
}

func (w *ggufWriter) array(name string, of uint32, n int) {
	w.key(name, ggufArray)
	put(&w.keys, of)
	put(&w.keys, uint64(n))
}

func (w *ggufWriter) text(name, v string) {
	w.key(name, ggufString)
	putString(&w.keys, v)
}

func (w *ggufWriter) number(name string, v uint32) {
	w.key(name, ggufUint32)
	put(&w.keys, v)
}

func (w *ggufWriter) float(name string, v float32) {
	w.key(name, ggufFloat32)
	put(&w.keys, v)
}

func (w *ggufWriter) flag(name string, v bool) {
	w.key(name, ggufBool)
	put(&w.keys, v)
}

func (w *ggufWriter) texts(name string, v [][]byte) {
	w.array(name, ggufString, len(v))
	for _, s := range v {
		putString(&w.keys, s)
	}
}

func (w *ggufWriter) floats(name string, v []float32) {
	w.array(name, ggufFloat32, len(v))
	put(&w.keys, v)
}

func (w *ggufWriter) integers(name string, v []int32) {
	w.array(name, ggufInt32, len(v))
	put(&w.keys, v)
}

func (w *ggufWriter) bytes(name string, v []byte) {
	w.array(name, ggufUint8, len(v))
	w.keys.Write(v)
}

func (w *ggufWriter) tensor(name string, kind uint32, dims []uint64, data []byte) {
	w.tensCount++
	putString(&w.table, name)
	put(&w.table, uint32(len(dims)))
	put(&w.table, dims)
	put(&w.table, kind)
	put(&w.table, w.offset)
	w.data = append(w.data, data)
	w.offset += uint64(len(data)) + padding(len(data))
}

// WriteTo writes the whole file.
func (w *ggufWriter) WriteTo(out io.Writer) (int64, error) {
	var head bytes.Buffer
	head.WriteString("GGUF")
	put(&head, uint32(3))
	put(&head, w.tensCount)
	put(&head, w.keyCount)
	head.Write(w.keys.Bytes())
	head.Write(w.table.Bytes())
	var total int64
	for _, block := range append([][]byte{head.Bytes()}, w.data...) {
		for _, b := range [][]byte{block, make([]byte, padding(len(block)))} {
			n, err := out.Write(b)
			total += int64(n)
			if err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// padding is how many bytes are missing to the next aligned offset.
func padding(n int) uint64 { return uint64(-n & (ggufAlign - 1)) }
