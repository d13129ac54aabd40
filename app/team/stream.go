package team

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
)

// Streams comment every 15 s; one that is silent for so long is dead.
const silence = 40 * time.Second

// maxEvent bounds one line of a stream: a finished answer travels in one.
const maxEvent = 8 << 20

// Stream hands every event of a run after seq to fn, until the run ends (nil)
// or the connection does (a fault; the caller attaches again after the last
// seq it saw). An error of fn is returned as it is.
func (c *Client) Stream(ctx context.Context, runID string, after int64, fn func(httpapi.RunEvent) error) error {
	return c.signed(ctx, func(base, token string) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		req, err := newRequest(ctx, http.MethodGet, base+"/api/chat/stream?run_id="+runID+"&after="+strconv.FormatInt(after, 10), token, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Accept", "text/event-stream")
		watch := time.AfterFunc(silence, cancel)
		defer watch.Stop()
		resp, err := c.stream.Do(req)
		if err != nil {
			return away(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return problem(resp)
		}
		c.observe(ctx, nil)
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(make([]byte, 0, 64<<10), maxEvent)
		return readRun(lines, func() { watch.Reset(silence) }, fn)
	})
}

// errEnded is how readRun's inner function says that the run is over.
var errEnded = errors.New("run ended")

// readRun parses server-sent events whose data is one line of JSON each, as
// both hosts write them.
func readRun(lines *bufio.Scanner, alive func(), fn func(httpapi.RunEvent) error) error {
	for lines.Scan() {
		alive()
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data:"))
		if !ok {
			continue
		}
		if err := oneEvent(bytes.TrimSpace(data), fn); errors.Is(err, errEnded) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return away(fmt.Errorf("the stream broke off: %w", errors.Join(lines.Err(), errors.New("no last event"))))
}

func oneEvent(data []byte, fn func(httpapi.RunEvent) error) error {
	var e httpapi.Event
	if err := json.Unmarshal(data, &e); err != nil {
		return fault.New("server.strange", "The server's answer makes no sense.", fmt.Errorf("decode an event: %w", err))
	}
	if e.Run == nil {
		return nil
	}
	if err := fn(*e.Run); err != nil {
		return err
	}
	switch e.Run.State {
	case httpapi.RunDone, httpapi.RunStopped, httpapi.RunFailed:
		return errEnded
	}
	return nil
}
