package blob_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"nexusai/server/blob"
	"nexusai/server/blob/blobtest"
)

func TestNamedObjects(t *testing.T) {
	t.Parallel()
	server := blobtest.StartS3(t)
	s, err := blob.NewS3(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := s.Named(t.Context(), "audit/"); err != nil || len(all) != 0 {
		t.Fatalf("without a bucket: %q, %v", all, err)
	}
	for _, one := range [][2]string{{"audit/b/1.jsonl", "old"}, {"audit/a/2.jsonl", "first"}, {"audit/b/1.jsonl", "second"}, {"other/x", "not asked for"}} {
		if err := s.PutNamed(t.Context(), one[0], []byte(one[1])); err != nil {
			t.Fatalf("%s: %v", one[0], err)
		}
	}
	all, err := s.Named(t.Context(), "audit/")
	if err != nil || len(all) != 2 || string(all[0]) != "first" || string(all[1]) != "second" {
		t.Errorf("got %q, %v", all, err)
	}
	for _, name := range []string{"", "audit", "/audit/x", "audit//x", "audit/../x", uuid.NewString() + "/x", "audit/" + strings.Repeat(" ", 3)} {
		if err := s.PutNamed(t.Context(), name, nil); !errors.Is(err, blob.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
