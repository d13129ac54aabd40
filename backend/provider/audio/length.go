package audio

import (
	"encoding/binary"
	"math"
)

// sparse is the fewest bytes that a second of speech takes in any form that
// models read: Opus at 6 kbit/s.
const sparse = 750

// Millis is how long a recording lasts at most, before anybody has heard it:
// exact for WAV, else as long as its bytes could last.
func Millis(sound []byte) int64 {
	if rate, data := wave(sound); rate > 0 {
		return ceil(data*1000, rate)
	}
	return ceil(int64(len(sound))*1000, sparse)
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }

// wave reads the bytes a second and the bytes of sound of a WAV file (RIFF). A
// size that says more than is there, as writers of streams put it, counts as
// what is there.
func wave(sound []byte) (rate, data int64) {
	if len(sound) < 12 || string(sound[:4]) != "RIFF" || string(sound[8:12]) != "WAVE" {
		return 0, 0
	}
	for at := 12; at+8 <= len(sound); {
		size := int64(binary.LittleEndian.Uint32(sound[at+4:]))
		left := int64(len(sound) - at - 8)
		switch string(sound[at : at+4]) {
		case "fmt ":
			if size >= 16 && left >= 16 {
				rate = int64(binary.LittleEndian.Uint32(sound[at+16:]))
			}
		case "data":
			return rate, min(size, left)
		}
		if size > left || size > math.MaxInt32 {
			return 0, 0
		}
		at += 8 + int(size) + int(size%2)
	}
	return 0, 0
}
