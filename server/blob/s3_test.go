package blob_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"

	"nexusai/backend/fault"
	"nexusai/server/blob"
	"nexusai/server/blob/blobtest"
	"nexusai/server/secret"
)

func openS3(t *testing.T, cfg blob.S3Config) *blob.S3 {
	t.Helper()
	s, err := blob.OpenS3(t.Context(), cfg)
	if err != nil {
		t.Fatal(fault.Cause(err))
	}
	return s
}

func TestS3(t *testing.T) {
	t.Parallel()
	server := blobtest.StartS3(t)
	blobtest.Run(t, openS3(t, server.Config))
}

func TestS3OpensABucketThatIsThere(t *testing.T) {
	t.Parallel()
	server := blobtest.StartS3(t)
	ref, err := openS3(t, server.Config).Put(t.Context(), tenantA, strings.NewReader("kept"), 100)
	if err != nil {
		t.Fatal(err)
	}
	r, err := openS3(t, server.Config).Open(t.Context(), tenantA, ref.Sum)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if content, err := io.ReadAll(r); err != nil || string(content) != "kept" {
		t.Errorf("read %q, %v", content, err)
	}
}

var tenantA = uuid.NewString()

func TestS3OutageIsUnavailable(t *testing.T) {
	t.Parallel()
	server := blobtest.StartS3(t)
	s := openS3(t, server.Config)
	server.Cut()
	_, putErr := s.Put(t.Context(), tenantA, strings.NewReader("x"), 100)
	_, openErr := s.Open(t.Context(), tenantA, strings.Repeat("0", 64))
	for _, err := range []error{putErr, openErr, s.Delete(t.Context(), tenantA, strings.Repeat("0", 64))} {
		if fault.CodeOf(err) != fault.Unavailable || errors.Is(err, blob.ErrMissing) {
			t.Errorf("got %v, want %s and never ErrMissing", err, fault.Unavailable)
		}
	}
}

func TestOpenS3Refuses(t *testing.T) {
	t.Parallel()
	good := blobtest.StartS3(t).Config
	change := func(f func(*blob.S3Config)) blob.S3Config {
		c := good
		f(&c)
		return c
	}
	for name, cfg := range map[string]blob.S3Config{
		"no endpoint":  change(func(c *blob.S3Config) { c.Endpoint = "" }),
		"other scheme": change(func(c *blob.S3Config) { c.Endpoint = "ftp://127.0.0.1" }),
		"path":         change(func(c *blob.S3Config) { c.Endpoint += "/bucket" }),
		"user in it":   change(func(c *blob.S3Config) { c.Endpoint = "http://u:hunter2@127.0.0.1" }),
		"no bucket":    change(func(c *blob.S3Config) { c.Bucket = "" }),
		"no key":       change(func(c *blob.S3Config) { c.Key = "" }),
		"wrong secret": change(func(c *blob.S3Config) { c.Secret = secret.NewText("hunter2") }),
		"nobody there": change(func(c *blob.S3Config) { c.Endpoint = "http://127.0.0.1:1" }),
		"bad bucket":   change(func(c *blob.S3Config) { c.Bucket = "Not A Bucket" }),
	} {
		_, err := blob.OpenS3(t.Context(), cfg)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if shown := fmt.Sprint(err, fault.Cause(err)); strings.Contains(shown, "hunter2") {
			t.Errorf("%s: the error shows the secret: %s", name, shown)
		}
	}
}
