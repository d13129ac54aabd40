package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const streamCount = 5000 // as many as the bound on cut streams is about

const streamRequest = `{"model":"m","stream":true,"messages":[{"role":"user","content":"Say two hundred words, please."}],"max_tokens":200}`

// streams measures 64 streams at a time of 200 tokens, 5 ms apart.
func streams(ctx context.Context) ([]Row, error) {
	s, err := newStand(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	added := Row{Name: "gateway.added_ttft_p50_ms", Unit: "ms", Bound: 3.5}
	cut := Row{Name: "gateway.streams_cut", Unit: fmt.Sprintf("of %d", streamCount), Bounded: true}
	memory := Row{Name: "gateway.rss_mib", Unit: "MiB", Bound: 120}
	watched := watchMemory(ctx, s.server.cmd.Process.Pid)
	defer watched()
	share := streamCount / turns
	for turn := range turns {
		direct, err := run64(ctx, s.provider.URL, "", 4*connections)
		if err != nil {
			return nil, err
		}
		floor, err := run64(ctx, s.floor.url, "", 4*connections)
		if err != nil {
			return nil, err
		}
		if turn == turns-1 {
			share = streamCount - share*(turns-1)
		}
		mine, err := run64(ctx, s.server.url, s.key, share)
		if err != nil {
			return nil, err
		}
		base := median(direct.first)
		added.Samples = append(added.Samples, median(mine.first)-base)
		added.Floors = append(added.Floors, median(floor.first)-base)
		cut.Samples = append(cut.Samples, float64(mine.cut))
		cut.Floors = append(cut.Floors, float64(floor.cut))
		cut.Value += float64(mine.cut)
		cut.Floor += float64(floor.cut)
	}
	memory.Samples = watched()
	added.Value, added.Floor = median(added.Samples), median(added.Floors)
	for _, mib := range memory.Samples {
		memory.Value = max(memory.Value, mib)
	}
	return []Row{judged(added), judged(cut), judged(memory)}, nil
}

// watchMemory looks at a process's memory, in MiB, until it is asked what it saw.
func watchMemory(ctx context.Context, pid int) (saw func() []float64) {
	watching, enough := context.WithCancel(ctx)
	var samples []float64
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			if mib, err := rssMiB(pid); err == nil {
				samples = append(samples, mib)
			}
			select {
			case <-tick.C:
			case <-watching.Done():
				return
			}
		}
	})
	return func() []float64 {
		enough()
		watch.Wait()
		return samples
	}
}

// streamed is how a number of streams went.
type streamed struct {
	first []float64 // ms to the first token of each
	cut   int       // that were not whole
}

// run64 runs n streams, 64 at a time.
func run64(ctx context.Context, url, key string, n int) (streamed, error) {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	var out streamed
	var mu sync.Mutex // guards out
	var left atomic.Int64
	left.Store(int64(n))
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for left.Add(-1) >= 0 && ctx.Err() == nil {
				first, whole := oneStream(ctx, client, url, key)
				mu.Lock()
				if whole {
					out.first = append(out.first, first)
				} else {
					out.cut++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(out.first) == 0 {
		return out, fmt.Errorf("%s: no stream was whole", url)
	}
	return out, ctx.Err()
}

func oneStream(ctx context.Context, client *http.Client, url, key string) (firstMS float64, whole bool) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(streamRequest))
	if err != nil {
		return 0, false
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	began := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		return 0, false
	}
	defer resp.Body.Close()
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := resp.Body.Read(buf)
		text.Write(buf[:n])
		if firstMS == 0 && strings.Contains(text.String(), `"content":"t`) {
			firstMS = float64(time.Since(began).Nanoseconds()) / 1e6
		}
		if err != nil {
			return firstMS, resp.StatusCode == http.StatusOK && wholeStream(text.String())
		}
	}
}
