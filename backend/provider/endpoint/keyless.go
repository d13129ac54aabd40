package endpoint

import (
	"bytes"
	"io"
)

// keyless is an answer from which our key is taken as it passes, should the
// provider have echoed it: what we forward reaches people who must not have the
// key, and errors in it reach the log. It is not safe for concurrent use.
type keyless struct {
	io.ReadCloser
	key   []byte
	held  []byte // a tail that may be the key's beginning; shorter than the key
	ready []byte // to be handed out
	err   error  // that ended the body
}

// withoutKey wraps a body; without a key, or with one that is no secret, it
// stays as it is.
func (s Secret) withoutKey(body io.ReadCloser) io.ReadCloser {
	if len(s) < minScrub {
		return body
	}
	return &keyless{ReadCloser: body, key: []byte(s)}
}

func (k *keyless) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(k.ready) == 0 {
		if k.err != nil {
			return 0, k.err
		}
		n, err := k.ReadCloser.Read(p)
		k.err = err
		if n > 0 && k.clean(p[:n]) {
			return n, nil
		}
		k.take(p[:n])
	}
	n := copy(p, k.ready)
	k.ready = k.ready[n:]
	return n, nil
}

// clean is nearly always true: chunk has nothing of the key, so that it needs no
// copy.
func (k *keyless) clean(chunk []byte) bool {
	return len(k.held) == 0 && !bytes.Contains(chunk, k.key) && (k.err != nil || k.begun(chunk) == 0)
}

// take moves what is known to be clean to ready. An event of a stream ends with
// a line break, so nothing of it waits for the next one.
func (k *keyless) take(chunk []byte) {
	clean := bytes.ReplaceAll(append(k.held, chunk...), k.key, []byte(redacted)) // always a copy
	keep := 0
	if k.err == nil {
		keep = k.begun(clean)
	}
	k.ready = clean[:len(clean)-keep]
	k.held = append(k.held[:0], clean[len(clean)-keep:]...)
}

// begun is how many of the last bytes of text are the first ones of the key.
func (k *keyless) begun(text []byte) int {
	for n := min(len(k.key)-1, len(text)); n > 0; n-- {
		if bytes.HasSuffix(text, k.key[:n]) {
			return n
		}
	}
	return 0
}
