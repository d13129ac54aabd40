package broker_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"nexusai/backend/broker"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/backend/surface/chat"
)

// phoenix is a provider that is killed and comes back at the same address.
type phoenix struct {
	t        *testing.T
	address  string
	answered atomic.Int64 // answers written to their end

	mu     sync.Mutex // guards what follows
	server *http.Server
	over   chan struct{} // closed when server has ended
}

func newPhoenix(t *testing.T) *phoenix {
	p := &phoenix{t: t, address: "127.0.0.1:0"}
	p.rise()
	t.Cleanup(p.kill)
	return p
}

func (p *phoenix) rise() {
	p.mu.Lock()
	defer p.mu.Unlock()
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		p.t.Error(err)
		return
	}
	p.address = listener.Addr().String()
	p.server, p.over = &http.Server{Handler: p}, make(chan struct{})
	go func(s *http.Server, over chan struct{}) {
		defer close(over)
		_ = s.Serve(listener) // ends with kill
	}(p.server, p.over)
}

// kill cuts every connection at once, as the end of a process does.
func (p *phoenix) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.server.Close()
	<-p.over
}

func (p *phoenix) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	for _, act := range up.Answer("one ", "two ", "three ", "four ", "five") {
		if r.Context().Err() != nil {
			return
		}
		act(w, r)
	}
	p.answered.Add(1)
}

func (p *phoenix) deployment(t *testing.T, id string) broker.Deployment {
	d := deploy(t, &up.Upstream{URL: "http://" + p.address + "/v1", Client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}, id, 0)
	d.Skills.Prefill = true
	d.Deadlines = broker.Deadlines{} // this machine may be busy: the usual ones
	return d
}

// TestNearlyAllIsAnsweredWhileOneOfTwoDies kills one of two deployments five
// times under load; make bench-gateway prints the figure for 10,000 requests.
func TestNearlyAllIsAnsweredWhileOneOfTwoDies(t *testing.T) {
	t.Parallel()
	const requests, callers, deaths = 1200, 12, 5
	mortal, steady := newPhoenix(t), newPhoenix(t)
	books := &tally{}
	b, err := broker.New(broker.Config{Routes: routes{mortal.deployment(t, "mortal"), steady.deployment(t, "steady")}, Gate: books, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	var next, answered, attempts, delivered atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for n := next.Add(1); n <= requests; n = next.Add(1) {
				switch n % (requests / deaths) {
				case 60:
					mortal.kill()
				case 160:
					mortal.rise()
				}
				text, report, err := once(t, b)
				attempts.Add(int64(len(report.Attempts)))
				if err == nil && text == "one two three four five" {
					answered.Add(1)
				} else {
					t.Logf("%q %v %v", text, err, tries(report))
				}
				for _, a := range report.Attempts {
					if a.Code == "" && a.Deployment == "steady" {
						delivered.Add(1)
					}
				}
			}
		})
	}
	wg.Wait()
	if pct := 100 * float64(answered.Load()) / requests; pct < 99.9 {
		t.Errorf("answered %.2f %%", pct)
	}
	if got, want := delivered.Load(), steady.answered.Load(); got != want {
		t.Errorf("%d answers are booked of the steady one, it counted %d", got, want)
	}
	if books.admitted.Load() != books.settled.Load() || books.admitted.Load() != attempts.Load() {
		t.Errorf("admitted %d, settled %d, reported %d", books.admitted.Load(), books.settled.Load(), attempts.Load())
	}
	if extra := attempts.Load() - requests; extra == 0 || extra > requests/5 {
		t.Errorf("%d attempts beside the first ones", extra)
	}
}

func once(t *testing.T, b *broker.Broker) (text string, report broker.Report, err error) {
	f, err := b.Forward(context.WithoutCancel(t.Context()), broker.ForwardRequest{Surface: chat.Surface{}, Body: []byte(streamed2), Done: func(r broker.Report) { report = r }})
	if err != nil {
		return "", report, err
	}
	data, err := io.ReadAll(f.Body)
	f.Body.Close()
	text, _ = (&rig{t: t}).read(string(data), f)
	return text, report, err
}

const streamed2 = `{"model":"m","stream":true,` + hi + `}`

// tally is a gate that only counts.
type tally struct{ admitted, settled atomic.Int64 }

func (g *tally) Admit(context.Context, broker.Deployment, broker.Ask) (broker.Ticket, error) {
	g.admitted.Add(1)
	return counted{g}, nil
}

type counted struct{ *tally }

func (counted) MaxOutput() int { return 0 }

func (c counted) Settle(broker.Attempt) { c.settled.Add(1) }
