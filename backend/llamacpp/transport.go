package llamacpp

import (
	"context"
	"io"
	"net/http"
	"sync"
)

// transport sends requests to whichever life of the process serves now.
type transport struct{ e *Engine }

// RoundTrip waits for the engine, counts the request while its answer is being
// read, and cuts it when the process goes down.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	s, err := t.e.join(req.Context(), false)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	ctx, cancel := context.WithCancel(req.Context())
	unlink := context.AfterFunc(s.ctx, cancel)
	leave := sync.OnceFunc(func() {
		unlink()
		cancel()
		s.leave(t.e.cfg.Now())
	})
	res, err := s.http.RoundTrip(req.WithContext(ctx))
	if err != nil {
		leave()
		return nil, err
	}
	res.Body = &answer{ReadCloser: res.Body, leave: leave}
	return res, nil
}

// answer ends its request when it is closed or read to its end.
type answer struct {
	io.ReadCloser
	leave func()
}

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err != nil {
		a.leave()
	}
	return n, err
}

func (a *answer) Close() error {
	defer a.leave()
	return a.ReadCloser.Close()
}
