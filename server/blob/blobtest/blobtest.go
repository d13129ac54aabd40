// Package blobtest is the conformance suite of blob.Store.
package blobtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"

	"nexusai/server/blob"
)

const limit = 20 << 20

// Run checks every promise of the interface against a store.
func Run(t *testing.T, s blob.Store) {
	for name, test := range map[string]func(*testing.T, blob.Store){
		"content comes back":             comesBack,
		"tenants are apart":              tenantsAreApart,
		"too large stores nothing":       tooLarge,
		"a broken source stores nothing": brokenSource,
		"the same content twice":         twice,
		"missing":                        isMissing,
		"malformed names":                malformed,
		"many at once":                   manyAtOnce,
		"a caller who left":              callerLeft,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func random(t *testing.T, size int) []byte {
	t.Helper()
	content := make([]byte, size)
	if _, err := rand.Read(content); err != nil {
		t.Fatal(err)
	}
	return content
}

func put(t *testing.T, s blob.Store, tenant string, content []byte) blob.Ref {
	t.Helper()
	ref, err := s.Put(t.Context(), tenant, bytes.NewReader(content), limit)
	if err != nil {
		t.Fatalf("put %d bytes: %v (%v)", len(content), err, errors.Unwrap(err))
	}
	return ref
}

func get(t *testing.T, s blob.Store, tenant, sum string) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), tenant, sum)
	if err != nil {
		t.Fatalf("open: %v (%v)", err, errors.Unwrap(err))
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return content
}

func comesBack(t *testing.T, s blob.Store) {
	tenant := uuid.NewString()
	for _, size := range []int{0, 1, 4096, 1<<20 + 1, 18 << 20} { // the last takes several parts in S3
		content := random(t, size)
		ref := put(t, s, tenant, content)
		if want := (blob.Ref{Sum: sumOf(content), Size: int64(size)}); ref != want {
			t.Errorf("put %d bytes = %+v, want %+v", size, ref, want)
		}
		if stat, err := s.Stat(t.Context(), tenant, ref.Sum); err != nil || stat != ref {
			t.Errorf("stat = %+v, %v; want %+v", stat, err, ref)
		}
		if !bytes.Equal(get(t, s, tenant, ref.Sum), content) {
			t.Errorf("%d bytes came back changed", size)
		}
	}
}

func tenantsAreApart(t *testing.T, s blob.Store) {
	mine, theirs := uuid.NewString(), uuid.NewString()
	ref := put(t, s, theirs, random(t, 100))
	if _, err := s.Open(t.Context(), mine, ref.Sum); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("another tenant's content: %v, want ErrMissing", err)
	}
	if err := s.Delete(t.Context(), mine, ref.Sum); err != nil {
		t.Errorf("delete of what I do not have: %v", err)
	}
	get(t, s, theirs, ref.Sum)
}

func tooLarge(t *testing.T, s blob.Store) {
	tenant, content := uuid.NewString(), random(t, 1000)
	if _, err := s.Put(t.Context(), tenant, bytes.NewReader(content), 999); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("one byte too many: %v, want ErrTooLarge", err)
	}
	if _, err := s.Stat(t.Context(), tenant, sumOf(content)); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("it was stored nevertheless: %v", err)
	}
	if _, err := s.Put(t.Context(), tenant, bytes.NewReader(content), 1000); err != nil {
		t.Errorf("exactly the limit: %v", err)
	}
}

func brokenSource(t *testing.T, s blob.Store) {
	tenant, content, boom := uuid.NewString(), random(t, 1000), errors.New("boom")
	src := io.MultiReader(bytes.NewReader(content), iotest.ErrReader(boom))
	if _, err := s.Put(t.Context(), tenant, src, limit); !errors.Is(err, boom) {
		t.Errorf("got %v, want the source's own error", err)
	}
	if _, err := s.Stat(t.Context(), tenant, sumOf(content)); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("half of it was stored: %v", err)
	}
}

func twice(t *testing.T, s blob.Store) {
	tenant, content := uuid.NewString(), random(t, 1000)
	first := put(t, s, tenant, content)
	if second := put(t, s, tenant, content); second != first {
		t.Errorf("second put = %+v, want %+v", second, first)
	}
	for range 2 {
		if err := s.Delete(t.Context(), tenant, first.Sum); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := s.Open(t.Context(), tenant, first.Sum); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("after delete: %v, want ErrMissing", err)
	}
}

func isMissing(t *testing.T, s blob.Store) {
	tenant, sum := uuid.NewString(), sumOf(nil)
	_, openErr := s.Open(t.Context(), tenant, sum)
	_, statErr := s.Stat(t.Context(), tenant, sum)
	if !errors.Is(openErr, blob.ErrMissing) || !errors.Is(statErr, blob.ErrMissing) {
		t.Errorf("open %v, stat %v; want ErrMissing", openErr, statErr)
	}
}

func malformed(t *testing.T, s blob.Store) {
	tenant, sum := uuid.NewString(), sumOf(nil)
	for name, c := range map[string][2]string{
		"path in tenant": {"../" + tenant, sum},
		"empty tenant":   {"", sum},
		"uppercase":      {strings.ToUpper(tenant), sum},
		"path in sum":    {tenant, "../../" + sum[6:]},
		"short sum":      {tenant, sum[:63]},
		"newline":        {tenant, sum + "\n"},
		"empty sum":      {tenant, ""},
		"NUL":            {tenant, sum[:63] + "\x00"},
	} {
		_, openErr := s.Open(t.Context(), c[0], c[1])
		_, statErr := s.Stat(t.Context(), c[0], c[1])
		deleteErr := s.Delete(t.Context(), c[0], c[1])
		for _, err := range []error{openErr, statErr, deleteErr} {
			if !errors.Is(err, blob.ErrName) {
				t.Errorf("%s: %v, want ErrName", name, err)
			}
		}
	}
	if _, err := s.Put(t.Context(), "../up", strings.NewReader("x"), limit); !errors.Is(err, blob.ErrName) {
		t.Errorf("put for a malformed tenant: %v, want ErrName", err)
	}
}

func manyAtOnce(t *testing.T, s blob.Store) {
	tenant, content := uuid.NewString(), random(t, 200_000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Put(t.Context(), tenant, bytes.NewReader(content), limit); err != nil {
				t.Errorf("put: %v", err)
			}
		})
	}
	wg.Wait()
	if !bytes.Equal(get(t, s, tenant, sumOf(content)), content) {
		t.Error("the content came back changed")
	}
}

func callerLeft(t *testing.T, s blob.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tenant, content := uuid.NewString(), random(t, 1000)
	if _, err := s.Put(ctx, tenant, bytes.NewReader(content), limit); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := s.Stat(t.Context(), tenant, sumOf(content)); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("it was stored nevertheless: %v", err)
	}
}
