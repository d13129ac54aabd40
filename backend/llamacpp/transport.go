package llamacpp

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// transport sends requests to whichever life of the process serves now.
type transport struct{ e *Engine }

// A request whose process ended before it answered anything is sent to at most
// one more life: what kills two of them is left alone. deathNotice is how long
// after a broken connection the end of its process is known.
const (
	maxLives    = 2
	deathNotice = time.Second
)

// RoundTrip waits for the engine, counts the request while its answer is being
// read, and cuts it when the process goes down.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	for life := 1; ; life++ {
		s, err := t.e.join(req.Context(), false)
		if err != nil {
			closeBody(req)
			return nil, err
		}
		res, err := t.send(s, req)
		if err == nil || life == maxLives || !s.died(req.Context()) {
			return res, err
		}
		if req.Body == nil || req.Body == http.NoBody {
			continue
		}
		if req.GetBody == nil {
			return nil, err
		}
		if req.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
}

// died tells whether the process ended under a request that is still wanted.
func (s *session) died(ctx context.Context) bool {
	notice := time.NewTimer(deathNotice)
	defer notice.Stop()
	select {
	case <-s.ctx.Done():
		return ctx.Err() == nil
	case <-ctx.Done():
	case <-notice.C:
	}
	return false
}

// send makes one try in one life.
func (t *transport) send(s *session, req *http.Request) (*http.Response, error) {
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

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
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
