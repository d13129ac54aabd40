package llamacpp_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llamacpp"
)

// content is a model file small enough for tests.
func content(n int) []byte {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	_, _ = r.Read(b)
	return b
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// publisher serves a file; each request may be tampered with.
func publisher(t *testing.T, file []byte, tamper func(n int32, w http.ResponseWriter, r *http.Request) bool) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := requests.Add(1); tamper != nil && tamper(n, w, r) {
			return
		}
		http.ServeContent(w, r, "m.gguf", time.Unix(1, 0), bytes.NewReader(file))
	}))
	t.Cleanup(s.Close)
	return s, &requests
}

const tinyID = "tiny"

// tinyStore knows one model, published at url with the given content.
func tinyStore(t *testing.T, url string, file []byte, change func(*llamacpp.StoreConfig)) *llamacpp.Store {
	t.Helper()
	cfg := llamacpp.StoreConfig{
		Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Source: llamacpp.FromPublic,
		Models: []llamacpp.Model{{
			ID: tinyID, Kind: llamacpp.Chat, File: "tiny.gguf",
			Public: &llamacpp.Public{URL: url, Size: int64(len(file)), SHA256: sum(file)},
		}},
	}
	if change != nil {
		change(&cfg)
	}
	s, err := llamacpp.NewStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tinyPath(s *llamacpp.Store) string {
	m, _ := s.Model(tinyID)
	return s.Path(m)
}

func TestFetchDownloadsOnceAndTellsProgress(t *testing.T) {
	t.Parallel()
	file := content(300_000)
	server, requests := publisher(t, file, nil)
	s := tinyStore(t, server.URL, file, nil)
	if s.Have(tinyID) {
		t.Fatal("an empty store has the model")
	}
	var last, total int64
	for range 2 {
		err := s.Fetch(t.Context(), tinyID, func(done, all int64) {
			if done < last {
				t.Errorf("progress went back from %d to %d", last, done)
			}
			last, total = done, all
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if last != total || total != int64(len(file)) || !s.Have(tinyID) || requests.Load() != 1 {
		t.Errorf("progress %d of %d, have %v, %d requests", last, total, s.Have(tinyID), requests.Load())
	}
}

func TestFetchGoesOnAfterACut(t *testing.T) {
	t.Parallel()
	file := content(300_000)
	var ranges []string
	server, _ := publisher(t, file, func(n int32, w http.ResponseWriter, r *http.Request) bool {
		ranges = append(ranges, r.Header.Get("Range"))
		if n > 2 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(file)-100_000*int(n-1)))
		if n > 1 {
			w.WriteHeader(http.StatusPartialContent)
		}
		_, _ = w.Write(file[100_000*(n-1) : 100_000*n])
		panic(http.ErrAbortHandler) // the connection breaks
	})
	s := tinyStore(t, server.URL, file, nil)
	if err := s.Fetch(t.Context(), tinyID, nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"", "bytes=100000-", "bytes=200000-"}; fmt.Sprint(ranges) != fmt.Sprint(want) {
		t.Errorf("asked for %q, want %q", ranges, want)
	}
}

func TestFetchGoesOnInANewProcess(t *testing.T) {
	t.Parallel()
	file := content(300_000)
	server, requests := publisher(t, file, nil)
	s := tinyStore(t, server.URL, file, nil)
	if err := os.MkdirAll(filepath.Dir(tinyPath(s)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tinyPath(s)+".part", file[:250_000], 0o644); err != nil {
		t.Fatal(err)
	}
	var first int64
	err := s.Fetch(t.Context(), tinyID, func(done, _ int64) {
		if first == 0 {
			first = done
		}
	})
	if err != nil || first <= 250_000 || requests.Load() != 1 {
		t.Errorf("went on at %d with %d requests: %v", first, requests.Load(), err)
	}
}

func TestFetchFromAServerWithoutRanges(t *testing.T) {
	t.Parallel()
	file := content(100_000)
	server, _ := publisher(t, file, func(_ int32, w http.ResponseWriter, _ *http.Request) bool {
		_, _ = w.Write(file)
		return true
	})
	s := tinyStore(t, server.URL, file, nil)
	if err := os.MkdirAll(filepath.Dir(tinyPath(s)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tinyPath(s)+".part", []byte("other bytes"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Fetch(t.Context(), tinyID, nil); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedFilesAreFetchedAgain(t *testing.T) {
	t.Parallel()
	file := content(100_000)
	flipped := bytes.Clone(file)
	flipped[50_000] ^= 1
	for name, damage := range map[string][]byte{"truncated": file[:70_000], "altered": flipped, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, requests := publisher(t, file, nil)
			var log strings.Builder
			s := tinyStore(t, server.URL, file, func(c *llamacpp.StoreConfig) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			if err := s.Fetch(t.Context(), tinyID, nil); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(tinyPath(s), damage, 0o644); err != nil {
				t.Fatal(err)
			}
			if s.Have(tinyID) {
				t.Error("a damaged file counts as the model")
			}
			if err := s.Fetch(t.Context(), tinyID, nil); err != nil {
				t.Fatal(err)
			}
			if !s.Have(tinyID) || requests.Load() != 2 || !strings.Contains(log.String(), "damaged, deleted and fetched again") {
				t.Errorf("have %v after %d requests, log %s", s.Have(tinyID), requests.Load(), log.String())
			}
		})
	}
}

func TestVerifyFindsWhatTheStampHides(t *testing.T) {
	t.Parallel()
	file := content(10_000)
	server, _ := publisher(t, file, nil)
	s := tinyStore(t, server.URL, file, nil)
	if err := s.Fetch(t.Context(), tinyID, nil); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(tinyPath(s))
	if err != nil {
		t.Fatal(err)
	}
	file[0] ^= 1 // same size, same time: a disk that rots
	if err := os.WriteFile(tinyPath(s), file, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(tinyPath(s), info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context(), tinyID); err == nil {
		t.Error("a rotten file was verified")
	}
	if _, err := os.Stat(tinyPath(s)); err == nil {
		t.Error("the rotten file is still there")
	}
}

func TestWrongDownload(t *testing.T) {
	t.Parallel()
	file := content(100_000)
	wrong := bytes.Clone(file)
	wrong[1] ^= 1
	for name, c := range map[string]struct {
		bad  int32 // how many answers are wrong
		want fault.Code
	}{"once": {1, ""}, "twice": {2, fault.UpstreamFailed}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, requests := publisher(t, file, func(n int32, w http.ResponseWriter, _ *http.Request) bool {
				if n > c.bad {
					return false
				}
				_, _ = w.Write(wrong)
				return true
			})
			s := tinyStore(t, server.URL, file, nil)
			err := s.Fetch(t.Context(), tinyID, nil)
			if fault.CodeOf(err) != c.want || requests.Load() != 2 {
				t.Errorf("got %v after %d requests", err, requests.Load())
			}
			if left, _ := filepath.Glob(tinyPath(s) + ".part"); len(left) > 0 {
				t.Error("the wrong download was kept")
			}
		})
	}
}

func TestFileThatIsTooShortEverywhere(t *testing.T) {
	t.Parallel()
	file := content(1000)
	server, requests := publisher(t, file, func(_ int32, w http.ResponseWriter, _ *http.Request) bool {
		_, _ = w.Write(file[:900]) // knows no ranges, and ends well
		return true
	})
	s := tinyStore(t, server.URL, file, nil)
	if err := s.Fetch(t.Context(), tinyID, nil); fault.CodeOf(err) != fault.UpstreamFailed || requests.Load() > 20 {
		t.Errorf("got %v after %d requests", err, requests.Load())
	}
}

func TestFetchFailures(t *testing.T) {
	t.Parallel()
	file := content(1000)
	refused := httptest.NewServer(http.NotFoundHandler())
	refused.Close()
	missing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(missing.Close)
	for name, c := range map[string]struct {
		url  string
		id   string
		free int64
		want fault.Code
		hint string
	}{
		"no network":    {refused.URL, tinyID, 1 << 40, fault.Unavailable, "network"},
		"not there":     {missing.URL, tinyID, 1 << 40, fault.Unavailable, "network"},
		"low disk":      {missing.URL, tinyID, 1000, fault.DiskFull, "MB"},
		"unknown model": {missing.URL, "nonsense", 1 << 40, fault.ModelUnknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tinyStore(t, c.url, file, func(cfg *llamacpp.StoreConfig) {
				cfg.FreeBytes = func(string) (int64, error) { return c.free, nil }
			})
			f := fault.From(s.Fetch(t.Context(), c.id, nil))
			if f == nil || f.Code != c.want || !strings.Contains(f.Hint, c.hint) {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestFetchStopsWithItsContext(t *testing.T) {
	t.Parallel()
	file := content(100_000)
	ctx, cancel := context.WithCancel(t.Context())
	server, _ := publisher(t, file, func(_ int32, w http.ResponseWriter, r *http.Request) bool {
		_, _ = w.Write(file[:1000])
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
		return true
	})
	s := tinyStore(t, server.URL, file, nil)
	if err := s.Fetch(ctx, tinyID, nil); ctx.Err() == nil || err == nil {
		t.Errorf("got %v", err)
	}
}

func TestTwoProcessesFetchOnce(t *testing.T) {
	t.Parallel()
	file := content(200_000)
	server, requests := publisher(t, file, nil)
	dir := t.TempDir()
	done := make(chan error)
	for range 2 { // two stores share nothing but the folder, as two processes do
		s := tinyStore(t, server.URL, file, func(c *llamacpp.StoreConfig) { c.Dir = dir })
		go func() { done <- s.Fetch(context.WithoutCancel(t.Context()), tinyID, nil) }()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d downloads", n)
	}
}
