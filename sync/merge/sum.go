package merge

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
)

// Sum is the order-independent 128-bit sum over the live rows of a scope: equal
// on both ends when both hold the same rows at the same versions.
type Sum struct{ Hi, Lo uint64 }

// Swap takes a row's old version out of the sum and puts its new one in; 0 is
// "not there".
func (s Sum) Swap(entityName, id string, before, after int64) Sum {
	if before > 0 {
		h := rowHash(entityName, id, before)
		var borrow uint64
		s.Lo, borrow = bits.Sub64(s.Lo, h.Lo, 0)
		s.Hi, _ = bits.Sub64(s.Hi, h.Hi, borrow)
	}
	if after > 0 {
		h := rowHash(entityName, id, after)
		var carry uint64
		s.Lo, carry = bits.Add64(s.Lo, h.Lo, 0)
		s.Hi, _ = bits.Add64(s.Hi, h.Hi, carry)
	}
	return s
}

func rowHash(entityName, id string, ver int64) Sum {
	buf := make([]byte, 0, 96)
	buf = append(append(buf, entityName...), 0)
	buf = append(append(buf, id...), 0)
	buf = binary.BigEndian.AppendUint64(buf, uint64(ver))
	h := sha256.Sum256(buf)
	return Sum{binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16])}
}

// Bytes is the sum as 16 bytes, big end first.
func (s Sum) Bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, s.Hi), s.Lo)
}

// String is Bytes in hexadecimal.
func (s Sum) String() string { return hex.EncodeToString(s.Bytes()) }

// ParseSum reads what String wrote; the empty text is the sum of nothing.
func ParseSum(text string) (Sum, error) {
	if text == "" {
		return Sum{}, nil
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 16 {
		return Sum{}, fmt.Errorf("a sum is 32 hexadecimal digits, not %d characters", len(text))
	}
	return Sum{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}, nil
}
