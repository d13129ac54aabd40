package llamacpp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"nexusai/backend/fault"
)

const (
	// spareBytes stay free on the disk after a download.
	spareBytes = 256 << 20
	// stallAfter is how long a download may bring nothing before it is cut.
	stallAfter = 60 * time.Second
	// cutTries is how often in a row a download may break off without having
	// come further than ever before.
	cutTries = 4
)

// errUnreachable says that nobody answered at a source's address.
var errUnreachable = errors.New("source not reachable")

// fetchPublic downloads the publisher's file, going on where an earlier try
// stopped.
func (s *Store) fetchPublic(ctx context.Context, m Model, progress func(done, total int64)) error {
	if m.Public == nil {
		return fault.New(fault.Unavailable, "This model is not offered at a public address.", ErrNoSource).
			WithHint("Use NEXUS_MODEL_SOURCE=registry.")
	}
	part := s.Path(m) + ".part"
	if err := s.room(m.Public.Size - fileSize(part)); err != nil {
		return err
	}
	furthest := fileSize(part)
	for barren := 0; fileSize(part) < m.Public.Size; {
		err := s.download(ctx, m, part, progress)
		if fileSize(part) >= m.Public.Size {
			break
		}
		if barren++; fileSize(part) > furthest {
			barren, furthest = 0, fileSize(part)
		}
		if err == nil && barren >= cutTries { // always ends early: it is another file
			return s.adopt(ctx, m, part, m.Public.Size, m.Public.SHA256)
		}
		if ctx.Err() != nil || errors.Is(err, errUnreachable) || barren >= cutTries {
			return downloadFault(ctx, m, err)
		}
		s.cfg.Log.InfoContext(ctx, "model download broke off, going on", "model", m.ID, "bytes", fileSize(part), "err", err)
	}
	return s.adopt(ctx, m, part, m.Public.Size, m.Public.SHA256)
}

// download asks for what is missing of part and appends it.
func (s *Store) download(ctx context.Context, m Model, part string, progress func(done, total int64)) error {
	have := fileSize(part)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(stallAfter, func() { cancel(errors.New("no bytes for a minute")) })
	defer stalled.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.Public.URL, nil)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", m.File, err)
	}
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	res, err := s.cfg.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", m.File, errors.Join(errUnreachable, err))
	}
	defer res.Body.Close()
	flags := os.O_CREATE | os.O_WRONLY
	switch {
	case res.StatusCode == http.StatusPartialContent && have > 0:
		flags |= os.O_APPEND
	case res.StatusCode == http.StatusOK: // the server knows no ranges: all over again
		flags |= os.O_TRUNC
		have = 0
	default:
		return fmt.Errorf("ask for %s: %w", m.File, errors.Join(errUnreachable, fmt.Errorf("status %d", res.StatusCode)))
	}
	f, err := os.OpenFile(part, flags, 0o644)
	if err != nil {
		return fmt.Errorf("open %s: %w", part, err)
	}
	count := &counter{done: have, total: m.Public.Size, tell: progress, alive: func() { stalled.Reset(stallAfter) }}
	// One byte more than the file has would be enough to know that it is wrong.
	_, err = io.Copy(f, io.TeeReader(io.LimitReader(res.Body, m.Public.Size-have+1), count))
	return errors.Join(err, f.Close())
}

// adopt verifies a finished download and gives it its name. What is wrong is
// deleted, so that the next try starts afresh.
func (s *Store) adopt(ctx context.Context, m Model, part string, size int64, want string) error {
	sum, err := hashFile(ctx, part)
	if err != nil {
		return fmt.Errorf("check %s: %w", m.File, err)
	}
	if have := fileSize(part); have != size || sum != want {
		err := fmt.Errorf("download of %s has %d bytes and hash %s: %w", m.File, have, sum, errNotTheModel)
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, s.Path(m)); err != nil {
		return fmt.Errorf("name %s: %w", m.File, err)
	}
	info, err := os.Stat(s.Path(m))
	if err != nil {
		return fmt.Errorf("look at %s: %w", m.File, err)
	}
	s.note(m, info, sum)
	return nil
}

// room refuses a download that would fill the disk.
func (s *Store) room(need int64) error {
	free, err := s.cfg.FreeBytes(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("ask how much disk is free: %w", err)
	}
	if free >= need+spareBytes {
		return nil
	}
	const mb = 1_000_000
	return fault.New(fault.DiskFull, "There is not enough free disk space for the model.",
		fmt.Errorf("need %d bytes and %d spare, free are %d", need, int64(spareBytes), free)).
		WithHint(fmt.Sprintf("Free %d MB: the model needs %d MB and %d MB should stay free.",
			(need+spareBytes-free)/mb+1, need/mb+1, spareBytes/mb))
}

// downloadFault is what a person learns about a download that did not end well.
func downloadFault(ctx context.Context, m Model, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case isDiskFull(err):
		return fault.New(fault.DiskFull, "The disk is full; the model could not be stored.", err).
			WithHint(fmt.Sprintf("The model needs %d MB in all; what has arrived is kept.", m.Size()/1_000_000+1))
	}
	return fault.New(fault.Unavailable, "The model could not be downloaded: its address does not answer.", err).
		WithHint("Check the network connection; the download goes on where it stopped.")
}

// counter tells a progress function how many bytes have passed.
type counter struct {
	done, total int64
	tell        func(done, total int64)
	alive       func()
}

func (c *counter) Write(p []byte) (int, error) {
	c.done += int64(len(p))
	c.alive()
	c.tell(min(c.done, c.total), c.total)
	return len(p), nil
}

// fileSize is 0 for a file that is not there.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
