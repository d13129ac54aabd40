package gauge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxBody bounds what an engine may tell.
const maxBody = 4 << 20

// scrape asks an engine. /metrics is beside the API, not below it. Where it does
// not say how full the cache is, as newer llama.cpp does not, the share of slots
// at work does.
func scrape(ctx context.Context, e Engine) (Reading, error) {
	root := strings.TrimSuffix(strings.TrimRight(e.BaseURL, "/"), "/v1")
	body, err := get(ctx, e, root+"/metrics")
	if err != nil {
		return Reading{}, err
	}
	m := parse(body)
	if !m.known {
		return Reading{}, errors.New("metrics of no engine that is known")
	}
	if m.hasCache {
		return m.Reading, nil
	}
	if body, err = get(ctx, e, root+"/slots"); err == nil {
		m.Cache = busy(body)
	}
	return m.Reading, nil // without --slots the number of requests is all there is
}

func get(ctx context.Context, e Engine, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("build a request: %w", err)
	}
	if e.Key != "" {
		req.Header.Set("Authorization", "Bearer "+e.Key.Reveal())
	}
	resp, err := e.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask an engine for its load: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("an engine asked for its load answered %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read an engine's load: %w", err)
	}
	return body, nil
}

// busy is the share of llama.cpp's slots that are at work.
func busy(body []byte) float64 {
	var slots []struct {
		Processing bool `json:"is_processing"`
	}
	if json.Unmarshal(body, &slots) != nil || len(slots) == 0 {
		return 0
	}
	n := 0
	for _, s := range slots {
		if s.Processing {
			n++
		}
	}
	return float64(n) / float64(len(slots))
}
