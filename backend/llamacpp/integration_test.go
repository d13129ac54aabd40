//go:build integration

package llamacpp_test

import (
	"bufio"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nexusai/backend/llamacpp"
)

// realHost runs the real engine over the models in the cache, which make setup
// puts there.
func realHost(t *testing.T) *llamacpp.Host {
	t.Helper()
	dir, err := llamacpp.DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	store, err := llamacpp.NewStore(llamacpp.StoreConfig{Dir: dir, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if !store.Installed() || !store.Have(llamacpp.ChatSmall) || !store.Have(llamacpp.Embed) {
		t.Fatalf("engine or models are missing in %s: run `make setup`", dir)
	}
	h, err := llamacpp.NewHost(llamacpp.HostConfig{Store: store, Dir: filepath.Join(t.TempDir(), "run"), Log: log, ChatModel: llamacpp.ChatSmall})
	if err != nil {
		t.Fatal(err)
	}
	run(t, h.Run)
	return h
}

// post asks an engine and returns the answer for the caller to read.
func post(t *testing.T, ep llamacpp.Endpoint, path, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ep.BaseURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+ep.Key)
	req.Header.Set("Content-Type", "application/json")
	res, err := ep.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		t.Fatalf("%s: %s: %s", path, res.Status, text)
	}
	return res
}

func TestRealModelStreamsAndSurvivesAKill(t *testing.T) {
	h := realHost(t)
	ep := h.Endpoint(llamacpp.Chat)
	const question = `{"stream":true,"stream_options":{"include_usage":true},"max_tokens":24,"temperature":0,
		"messages":[{"role":"user","content":"Say hello."}]}`
	for range 2 {
		text, usage, done := readStream(t, post(t, ep, "/chat/completions", question).Body)
		if text == "" || usage == 0 || !done {
			t.Errorf("text %q, %d tokens, [DONE] %v", text, usage, done)
		}
		// The server itself is the only one who knows its process id: kill the
		// one that holds the socket.
		killHolder(t)
		deadline := time.Now().Add(10 * time.Second)
		for h.State(llamacpp.Chat).Phase == llamacpp.Ready && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// killHolder kills this test's engines with KILL.
func killHolder(t *testing.T) {
	t.Helper()
	for _, pid := range children(t) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
}

// readStream joins the deltas of a streamed answer.
func readStream(t *testing.T, body io.Reader) (text string, tokens int, done bool) {
	t.Helper()
	for sc := bufio.NewScanner(body); sc.Scan(); {
		data, ok := strings.CutPrefix(sc.Text(), "data: ")
		if !ok {
			continue
		}
		if data == "[DONE]" {
			return text, tokens, true
		}
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
			Usage   struct {
				CompletionTokens int `json:"completion_tokens"`
			}
		}
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		for _, c := range chunk.Choices {
			text += c.Delta.Content
		}
		tokens = max(tokens, chunk.Usage.CompletionTokens)
	}
	return text, tokens, false
}

func TestRealEmbeddingsBringAlikeTogether(t *testing.T) {
	h := realHost(t)
	res := post(t, h.Endpoint(llamacpp.Embeddings), "/embeddings",
		`{"input":["query: how do I bake bread?","query: como se faz pão?","query: the train leaves at nine"]}`)
	var got struct {
		Data []struct{ Embedding []float64 }
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.Data) != 3 || len(got.Data[0].Embedding) != 384 {
		t.Fatalf("%d vectors", len(got.Data))
	}
	alike, other := cosine(got.Data[0].Embedding, got.Data[1].Embedding), cosine(got.Data[0].Embedding, got.Data[2].Embedding)
	if alike <= other {
		t.Errorf("bread and pão %.3f, bread and train %.3f", alike, other)
	}
}

func cosine(a, b []float64) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot, aa, bb = dot+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	return dot / math.Sqrt(aa*bb)
}

func TestRealServerRefusesADamagedModel(t *testing.T) {
	dir, err := llamacpp.DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	store, err := llamacpp.NewStore(llamacpp.StoreConfig{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	e, err := llamacpp.New(llamacpp.Config{
		Kind: llamacpp.Chat, Dir: filepath.Join(t.TempDir(), "run"), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Files: llamacpp.Fixed(llamacpp.Files{Bin: store.Bin(), Model: "integration_test.go", Alias: "x"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, e.Run)
	if err := e.Ready(t.Context()); err == nil {
		t.Error("a text file was served as a model")
	}
}
