package fleet

import (
	"encoding/binary"
	"fmt"
	"io"

	"nexusai/backend/fault"
)

// heard says whether any sound came.
func heard(sound io.ReadCloser) error {
	defer sound.Close() //nolint:errcheck // one byte is enough
	if _, err := io.ReadFull(sound, make([]byte, 1)); err != nil {
		return fault.New(fault.UpstreamFailed, "The model answered with no sound.", fmt.Errorf("read the first byte of speech: %w", err))
	}
	return nil
}

// silence is half a second of it, as a WAV file of 16 bit at 16 kHz.
func silence() []byte {
	const rate, width, samples = 16000, 2, 8000
	out := []byte("RIFF")
	out = binary.LittleEndian.AppendUint32(out, 36+samples*width)
	out = append(out, "WAVEfmt "...)
	out = binary.LittleEndian.AppendUint32(out, 16) // bytes of what follows, up to "data"
	out = binary.LittleEndian.AppendUint16(out, 1)  // PCM
	out = binary.LittleEndian.AppendUint16(out, 1)  // channel
	out = binary.LittleEndian.AppendUint32(out, rate)
	out = binary.LittleEndian.AppendUint32(out, rate*width)
	out = binary.LittleEndian.AppendUint16(out, width)
	out = binary.LittleEndian.AppendUint16(out, 8*width)
	out = append(out, "data"...)
	out = binary.LittleEndian.AppendUint32(out, samples*width)
	return append(out, make([]byte, samples*width)...)
}
