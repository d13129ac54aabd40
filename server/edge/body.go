package edge

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// bodyWithin bounds how long a request's body may take to arrive where the
	// route sets no limit of its own.
	bodyWithin = 30 * time.Second
	// restWithin bounds the wait for what no route wanted: net/http reads some
	// of it, before and after the answer, so that the connection can be kept.
	restWithin = 2 * time.Second
)

// arriving is a request's body with a deadline. net/http would wait for ever
// for one that does not come (ReadTimeout would count the answer, too), and
// even an answer without any sign-in would be held back by it.
type arriving struct {
	io.ReadCloser
	control *http.ResponseController
	whole   bool // everything has arrived
}

// arrive gives the request's body, if it has one, its deadline. rest is to be
// called when the route has ended.
func arrive(w http.ResponseWriter, r *http.Request) (rest func()) {
	if r.ContentLength == 0 || r.Body == nil {
		return func() {}
	}
	a := &arriving{ReadCloser: r.Body, control: http.NewResponseController(w)}
	r.Body = a
	a.within(bodyWithin)
	return func() {
		if !a.whole {
			a.within(restWithin)
		}
	}
}

// Read notices the body's end. From there on net/http itself takes deadlines
// away, so none of them counts for the answer.
func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	a.whole = a.whole || errors.Is(err, io.EOF)
	return n, err
}

func (a *arriving) within(d time.Duration) {
	_ = a.control.SetReadDeadline(time.Now().Add(d)) // a recorder in a test has none
}
