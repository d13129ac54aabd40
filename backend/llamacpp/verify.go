package llamacpp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// errNotTheModel says that a file is cut short, altered or another one.
var errNotTheModel = errors.New("file is not the model")

// stampPath holds what was last verified, so that a 1 GB file is read once and
// not at every start.
func (s *Store) stampPath(m Model) string { return s.Path(m) + ".ok" }

// stamp names the exact file that was verified: with another size or time it
// has to be read again.
func stamp(info os.FileInfo, sum string) string {
	return fmt.Sprintf("%s %d %d\n", sum, info.Size(), info.ModTime().UnixNano())
}

// verified returns nil when the model's file is here, whole and right.
func (s *Store) verified(m Model) error {
	return s.check(context.Background(), m)
}

// check is verified with a way to stop the reading. It returns os.ErrNotExist,
// errNotTheModel or what reading failed with.
func (s *Store) check(ctx context.Context, m Model) error {
	info, err := os.Stat(s.Path(m))
	if err != nil {
		return err
	}
	if !m.sized(info.Size()) {
		return fmt.Errorf("%s has %d bytes: %w", m.File, info.Size(), errNotTheModel)
	}
	noted := s.noted(m)
	for _, sum := range m.sums() {
		if noted == stamp(info, sum) {
			return nil
		}
	}
	sum, err := hashFile(ctx, s.Path(m))
	if err != nil {
		return err
	}
	if !m.accepts(info.Size(), sum) {
		return fmt.Errorf("%s has hash %s: %w", m.File, sum, errNotTheModel)
	}
	s.note(m, info, sum)
	return nil
}

// noted is the stamp of the last verification, by this process or another.
func (s *Store) noted(m Model) string {
	if v, ok := s.known.Load(s.Path(m)); ok {
		return v.(string)
	}
	b, _ := os.ReadFile(s.stampPath(m))
	return string(b)
}

// note remembers a verification. Where the store cannot be written to, each
// process reads its files through once.
func (s *Store) note(m Model, info os.FileInfo, sum string) {
	s.known.Store(s.Path(m), stamp(info, sum))
	if err := os.WriteFile(s.stampPath(m), []byte(stamp(info, sum)), 0o644); err != nil {
		s.cfg.Log.Debug("model check not remembered", "model", m.ID, "err", err)
	}
}

func (m Model) sums() []string {
	var sums []string
	if m.Public != nil {
		sums = append(sums, m.Public.SHA256)
	}
	if m.Registry != nil {
		sums = append(sums, m.Registry.SHA256)
	}
	return sums
}

// hashFile is the file's SHA-256 in lower-case hex.
func hashFile(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, &ctxReader{ctx, f}); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// ctxReader stops reading when its context ends.
type ctxReader struct {
	ctx context.Context //nolint:containedctx // io.Reader has no context parameter
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
