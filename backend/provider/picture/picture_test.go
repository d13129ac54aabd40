package picture_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nexusai/backend/egress"
	"nexusai/backend/fault"
	"nexusai/backend/llm"
	"nexusai/backend/provider/picture"
)

var png = []byte("\x89PNG\x0d\x0a\x1a\x0a and so on")

func fetcher(t *testing.T, allow ...string) *picture.Fetcher {
	t.Helper()
	door, err := egress.New(egress.Config{Allow: allow})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.CloseIdle)
	f, err := picture.New(picture.Config{Door: door, Max: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFetch(t *testing.T) {
	t.Parallel()
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a private address was reached") }))
	t.Cleanup(private.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		switch r.URL.Path {
		case "/ok":
			w.Header().Set("Content-Type", "text/plain") // a server's word counts for nothing
			_, _ = w.Write(png)
		case "/moved":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, private.URL, http.StatusFound)
		case "/page":
			_, _ = w.Write([]byte("<html><script>"))
		case "/svg":
			_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`))
		case "/large":
			_, _ = w.Write(append(bytes.Clone(png), make([]byte, 1000)...))
		case "/endless":
			w.Header().Set("Transfer-Encoding", "chunked")
			for range 100 {
				_, _ = w.Write(append(bytes.Clone(png), make([]byte, 1000)...))
			}
		case "/cut":
			w.Header().Set("Content-Length", "500")
			_, _ = w.Write(png)
			panic(http.ErrAbortHandler)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	f := fetcher(t, server.Listener.Addr().String())
	for path, want := range map[string]fault.Code{
		"/ok": "", "/moved": "", "/inside": egress.Refused, "/page": fault.BadRequest, "/svg": fault.BadRequest,
		"/large": fault.TooLarge, "/endless": fault.TooLarge, "/cut": fault.BadRequest, "/gone": fault.BadRequest,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			got, err := f.Fetch(t.Context(), server.URL+path)
			if fault.CodeOf(err) != want {
				t.Fatalf("%v: %s", err, fault.Cause(err))
			}
			if want == "" && (got.MIME != "image/png" || !bytes.Equal(got.Data, png) || got.URL != "") {
				t.Errorf("got %s, %q", got.MIME, got.Data)
			}
		})
	}
}

func TestWhatIsNeverDialled(t *testing.T) {
	t.Parallel()
	f := fetcher(t)
	for url, want := range map[string]fault.Code{
		"http://127.0.0.1/a.png": egress.Refused, "http://169.254.169.254/latest": egress.Refused, "http://localhost/": egress.Refused,
		"http://[::1]/": egress.Refused, "http://10.0.0.1/": egress.Refused, "file:///etc/passwd": fault.BadRequest, "ftp://a/b": fault.BadRequest,
		"http://u:p@example.com/": fault.BadRequest, "": fault.BadRequest,
	} {
		if _, err := f.Fetch(t.Context(), url); fault.CodeOf(err) != want {
			t.Errorf("%q is %v", url, err)
		}
	}
}

func TestDataURLs(t *testing.T) {
	t.Parallel()
	f := fetcher(t)
	encoded := base64.StdEncoding.EncodeToString(png)
	for url, want := range map[string]fault.Code{
		"data:image/jpeg;base64," + encoded: "", "data:;base64," + encoded: "",
		"data:image/png," + encoded: fault.BadRequest, "data:image/png;base64,%%%": fault.BadRequest, "data:": fault.BadRequest,
		"data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("no picture")): fault.BadRequest,
		"data:image/png;base64," + strings.Repeat("AAAA", 400):                             fault.TooLarge,
	} {
		got, err := f.Fetch(t.Context(), url)
		if fault.CodeOf(err) != want {
			t.Errorf("%.40q is %v", url, err)
		}
		if err == nil && got.MIME != "image/png" {
			t.Errorf("%.40q is %s", url, got.MIME)
		}
	}
}

// slow is a server that never answers.
type slow struct{}

func (slow) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

type slowDoor struct{}

func (slowDoor) CheckURL(string) error { return nil }
func (slowDoor) Client(d time.Duration) *http.Client {
	return &http.Client{Transport: slow{}, Timeout: d}
}

func TestASlowServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, err := picture.New(picture.Config{Door: slowDoor{}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Fetch(t.Context(), "http://pictures.example/a.png"); fault.CodeOf(err) != fault.Timeout {
			t.Errorf("%v: %s", err, fault.Cause(err))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := f.Fetch(ctx, "http://pictures.example/a.png"); fault.CodeOf(err) != fault.Canceled {
			t.Errorf("%v: %s", err, fault.Cause(err))
		}
	})
}

type album map[string]llm.Image

func (a album) Fetch(_ context.Context, url string) (llm.Image, error) {
	if got, ok := a[url]; ok {
		return got, nil
	}
	return llm.Image{}, fault.New(fault.BadRequest, "no", nil)
}

func TestInlineChangesNoRequest(t *testing.T) {
	t.Parallel()
	from := album{"http://a": {Data: png, MIME: "image/png"}}
	asked := []llm.Message{
		{Role: llm.System, Text: "s"},
		{Role: llm.User, Images: []llm.Image{{Data: []byte("x"), MIME: "image/gif"}, {URL: "http://a"}}},
		{Role: llm.User, Images: []llm.Image{{URL: "http://a"}}},
	}
	got, err := picture.Inline(t.Context(), from, asked)
	if err != nil {
		t.Fatal(err)
	}
	if asked[1].Images[1].Data != nil || asked[2].Images[0].URL == "" {
		t.Error("the caller's request was changed")
	}
	if string(got[1].Images[0].Data) != "x" || !bytes.Equal(got[1].Images[1].Data, png) || !bytes.Equal(got[2].Images[0].Data, png) {
		t.Errorf("got %+v", got)
	}
	if _, err := picture.Inline(t.Context(), nil, asked); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("without a fetcher: %v", err)
	}
	if same, err := picture.Inline(t.Context(), nil, asked[:1]); err != nil || len(same) != 1 {
		t.Errorf("without pictures: %v", err)
	}
	many := []llm.Message{{Images: make([]llm.Image, 101)}}
	for i := range many[0].Images {
		many[0].Images[i].URL = "http://a"
	}
	if _, err := picture.Inline(t.Context(), from, many); fault.CodeOf(err) != fault.TooLarge {
		t.Errorf("101 pictures: %v", err)
	}
}

// FuzzDataURL: nothing that a caller writes is taken for a picture unless it
// begins like one.
func FuzzDataURL(f *testing.F) {
	f.Add("data:image/png;base64," + base64.StdEncoding.EncodeToString(png))
	f.Add("data:;base64,")
	f.Add("data:image/png;base64")
	pictures, err := picture.New(picture.Config{Door: slowDoor{}, Max: 100})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, url string) {
		if !strings.HasPrefix(url, "data:") {
			url = "data:" + url
		}
		got, err := pictures.Fetch(t.Context(), url)
		if err == nil && (!strings.HasPrefix(got.MIME, "image/") || len(got.Data) > 100) {
			t.Errorf("%q is %+v", url, got)
		}
	})
}
