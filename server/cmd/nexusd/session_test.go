package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
)

// TestLeavingEndsWhatIsOpen opens every kind of stream with one session and
// ends the session: all of them close within a second.
func TestLeavingEndsWhatIsOpen(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	p := start(t, dir)
	bearer := newTeam(t, dir, up.Serve(t, up.Answer("x")).URL).login(p.url)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ended := make(chan string, 3)

	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	events := bufio.NewScanner(resp.Body)
	if !events.Scan() || resp.StatusCode != 200 {
		t.Fatalf("events: %d %q", resp.StatusCode, events.Text())
	}
	go func() {
		for events.Scan() {
		}
		ended <- "events"
	}()

	_, body := post(ctx, p.url+"/api/auth/ticket", bearer, struct{}{})
	var ticket httpapi.Ticket
	if err := json.Unmarshal(body, &ticket); err != nil || ticket.Ticket == "" {
		t.Fatalf("ticket %s", body)
	}
	socket := strings.Replace(p.url, "http", "ws", 1)
	for name, dial := range map[string]func() (*websocket.Conn, *http.Response, error){
		"stream": func() (*websocket.Conn, *http.Response, error) {
			return websocket.Dial(ctx, socket+"/api/chat/stream?ticket="+ticket.Ticket, nil)
		},
		"sync": func() (*websocket.Conn, *http.Response, error) {
			return websocket.Dial(ctx, socket+"/api/sync/live", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + bearer}}})
		},
	} {
		conn, resp, err := dial()
		if err != nil {
			t.Fatalf("%s: %v %v", name, err, resp)
		}
		defer conn.CloseNow()
		go func() {
			for err == nil {
				_, _, err = conn.Read(ctx)
			}
			ended <- name
		}()
	}
	if _, resp, err := websocket.Dial(ctx, socket+"/api/chat/stream?ticket="+ticket.Ticket, nil); err == nil || resp == nil || resp.StatusCode != 401 {
		t.Errorf("a ticket was used twice: %v %v", resp, err)
	}

	began := time.Now()
	if status, body := post(ctx, p.url+"/api/auth/logout", bearer, struct{}{}); status/100 != 2 {
		t.Fatalf("logout: %d %s", status, body)
	}
	for range 3 {
		select {
		case name := <-ended:
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s ended after %s", name, took)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("something stays open\n%s", p.log)
		}
	}
	if status, _ := post(ctx, p.url+"/api/auth/ticket", bearer, struct{}{}); status != 401 {
		t.Errorf("the session still works: %d", status)
	}
}
