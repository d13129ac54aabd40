// Package blob keeps files of tenants under the SHA-256 of their content, in a
// folder or in an S3 bucket.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"syscall"

	"nexusai/backend/fault"
)

var (
	// ErrMissing means that the tenant has no such blob.
	ErrMissing = errors.New("no such blob")
	// ErrTooLarge means that the content is longer than the caller allows.
	ErrTooLarge = errors.New("blob is too large")
	// ErrDamaged means that what is stored no longer has its hash.
	ErrDamaged = errors.New("blob is damaged")
	// ErrName means that a tenant is not a UUID or a sum not a SHA-256 in
	// lowercase hexadecimal.
	ErrName = errors.New("blob name is malformed")
)

// Ref names stored content.
type Ref struct {
	Sum  string // SHA-256 in lowercase hexadecimal
	Size int64  // bytes
}

// Store keeps content of tenants apart from each other: the same content of two
// tenants is stored twice, so that nobody learns what another has. All methods
// are safe for concurrent use; a broken disk or network is fault.DiskFull or
// fault.Unavailable.
type Store interface {
	// Put reads r to its end and stores it; when it returns, the content is
	// durable. Content that is there already is not an error. More than limit
	// bytes is ErrTooLarge, and then nothing is stored, as on any error of r.
	Put(ctx context.Context, tenant string, r io.Reader, limit int64) (Ref, error)
	// Open returns the content, which the caller closes. ErrMissing if there is
	// none. The reader returns ErrDamaged instead of io.EOF when what it read
	// does not have the sum.
	Open(ctx context.Context, tenant, sum string) (io.ReadCloser, error)
	// Stat returns the size without reading. ErrMissing if there is none.
	Stat(ctx context.Context, tenant, sum string) (Ref, error)
	// Delete removes the content; nothing happens if there is none.
	Delete(ctx context.Context, tenant, sum string) error
}

var (
	tenantName = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	sumName    = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// checkNames keeps anything but ids out of paths and keys.
func checkNames(tenant, sum string) error {
	if !tenantName.MatchString(tenant) || !sumName.MatchString(sum) {
		return ErrName
	}
	return nil
}

// take copies r into w, at most limit bytes of it, and names what it copied.
func take(ctx context.Context, w io.Writer, r io.Reader, limit int64) (Ref, error) {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(contextReader{ctx, r}, limit+1))
	if err != nil {
		return Ref{}, err
	}
	if n > limit {
		return Ref{}, fault.New(fault.TooLarge, "The file is too large.", ErrTooLarge)
	}
	return Ref{Sum: hex.EncodeToString(h.Sum(nil)), Size: n}, nil
}

// contextReader ends a long copy when its caller is gone.
type contextReader struct {
	ctx context.Context //nolint:containedctx // lives as long as one copy
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// verified reports damage where the content ends.
type verified struct {
	io.ReadCloser
	h    hash.Hash
	want string
}

func verify(r io.ReadCloser, sum string) io.ReadCloser {
	return &verified{ReadCloser: r, h: sha256.New(), want: sum}
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	v.h.Write(p[:n])
	if errors.Is(err, io.EOF) && hex.EncodeToString(v.h.Sum(nil)) != v.want {
		return n, fmt.Errorf("read blob %s: %w", v.want, ErrDamaged)
	}
	return n, err
}

func missing(sum string) error {
	return fault.New(fault.NotFound, "This file does not exist.", fmt.Errorf("blob %s: %w", sum, ErrMissing))
}

// disk says in a Fault what the file system refused.
func disk(what string, err error) error {
	err = fmt.Errorf("%s: %w", what, err)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.New(fault.DiskFull, "The server's disk is full.", err)
	case errors.Is(err, context.Canceled):
		return fault.New(fault.Canceled, "The request was cancelled.", err)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Timeout, "Storing the file took too long.", err)
	}
	return err
}
