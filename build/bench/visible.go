package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"nexusai/backend/httpapi"
)

// visible measures sync.visible_p50_ms over real processes: from the moment a
// desktop acknowledged a new conversation until a second desktop lists it. The
// floor is one request to the second desktop, which is how the end is noticed.
func visible(ctx context.Context) ([]Row, error) {
	dir, err := os.MkdirTemp("", "nexus-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	server, url, err := serve(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	var devices []client
	for _, name := range []string{"one", "two"} {
		p, c, err := desktop(ctx, dir, name, url)
		if err != nil {
			return nil, err
		}
		defer p.stop()
		devices = append(devices, c)
	}
	samples, floors, err := propagate(ctx, devices[0], devices[1], 60)
	return []Row{judged(Row{Name: "sync.visible_p50_ms", Value: median(samples), Unit: "ms", Floor: median(floors), Bound: 50, Samples: samples, Floors: floors})}, err
}

// desktop starts one in browser mode and waits until it is connected.
func desktop(ctx context.Context, dir, name, server string) (*program, client, error) {
	file, err := login(dir)
	if err != nil {
		return nil, client{}, err
	}
	p, err := start(ctx, dir, "nexusai", []string{"DISPLAY=", "WAYLAND_DISPLAY="}, "--browser", "--data", filepath.Join(dir, name), "--server", server, "--login-file", file)
	if err != nil {
		return nil, client{}, err
	}
	c, err := connected(ctx, p)
	if err != nil {
		p.stop()
	}
	return p, c, err
}

func connected(ctx context.Context, p *program) (client, error) {
	link, err := p.line(`(http://\S+/#token=\S+)`)
	if err != nil {
		return client{}, err
	}
	base, token, _ := strings.Cut(link, "/#token=")
	c := client{url: base}
	var session httpapi.LocalSession
	if err := c.call(ctx, "POST", "/api/local/exchange", httpapi.LinkExchange{Token: token}, &session); err != nil {
		return c, err
	}
	c.bearer = session.AccessToken
	for range 200 {
		var status httpapi.Status
		if err := c.call(ctx, "GET", "/api/local/status", nil, &status); err != nil {
			return c, err
		}
		if status.Server.State == "connected" {
			return c, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return c, fmt.Errorf("the desktop did not connect within 10 s")
}

// propagate writes n conversations on one device and waits for each on the
// other; ms.
func propagate(ctx context.Context, one, two client, n int) (samples, floors []float64, err error) {
	for i := range n + 5 { // the first few warm both ends up
		id := uuid.Must(uuid.NewV7()).String()
		if err := one.call(ctx, "POST", "/api/conversations", httpapi.NewConversation{ID: id, Title: "bench"}, nil); err != nil {
			return samples, floors, err
		}
		began := time.Now()
		for asked := time.Now(); ; asked = time.Now() {
			var page httpapi.ConversationPage
			if err := two.call(ctx, "GET", "/api/conversations?limit=1", nil, &page); err != nil {
				return samples, floors, err
			}
			if i >= 5 {
				floors = append(floors, ms(time.Since(asked)))
			}
			if len(page.Items) > 0 && page.Items[0].ID == id {
				break
			}
			if time.Since(began) > 10*time.Second {
				return samples, floors, fmt.Errorf("conversation %d was not seen within 10 s", i)
			}
			time.Sleep(time.Millisecond)
		}
		if i >= 5 {
			samples = append(samples, ms(time.Since(began)))
		}
	}
	return samples, floors, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
