package openai_test

// cuts splits in at places taken from how.
func cuts(in, how []byte) (pieces [][]byte) {
	for _, b := range how {
		n := min(int(b)%17, len(in))
		pieces = append(pieces, in[:n])
		in = in[n:]
	}
	return append(pieces, in)
}
