package broker

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"nexusai/backend/fault"
)

const (
	// window is how far back successes and failures count, in buckets of step.
	window  = time.Minute
	step    = 10 * time.Second
	buckets = int(window / step)
	// smoothing and fading: a sample of the time to first token weighs more the
	// older the average is, and an average that nobody renews is forgotten, so
	// that one bad sample does not shut a deployment out for good.
	smoothing = 10 * time.Second
	fading    = 30 * time.Second
	// maxNodes bounds what is remembered; beyond it idle nodes are forgotten.
	maxNodes = 8192
	idle     = 10 * time.Minute
	// maxFailures is how many of a node's failures are remembered.
	maxFailures = 5
)

// nodeKey is a deployment with one of its keys.
type nodeKey struct{ deployment, key string }

// node is how a deployment with one key has been doing. Atomics are what
// choosing reads; they are written under mu.
type node struct {
	load      *load
	circuit   circuit
	benched   atomic.Int64 // Unix nanoseconds; 0: not
	ejected   atomic.Int64
	suspect   atomic.Bool // fails often: choosing compares it with its peers
	lastUsed  atomic.Int64
	mu        sync.Mutex // guards what follows
	tally     [buckets]struct{ at, ok, failed int64 }
	ejections int
	failures  []Failure // the last few, newest first; replaced, never changed
}

// load is what all keys of a deployment share.
type load struct {
	inFlight atomic.Int64
	budget   bucket // of retries that its failures may cause

	mu    sync.Mutex // guards what follows
	first average    // to the first token
	whole average    // to the end of answers that are not streamed
}

// average moves with its samples: the older it is, the more a new one weighs.
type average struct {
	value time.Duration
	at    time.Time // of the newest sample; zero: there is none
}

func (a *average) saw(took time.Duration, now time.Time) {
	if a.at.IsZero() {
		a.value, a.at = took, now
		return
	}
	old := math.Exp(-float64(max(now.Sub(a.at), time.Second)) / float64(smoothing))
	a.value = time.Duration(old*float64(a.value) + (1-old)*float64(took))
	a.at = now
}

// nodes are all nodes by their key.
type nodes struct {
	mu    sync.RWMutex // guards what follows
	nodes map[nodeKey]*node
	loads map[string]*load
}

func (n *nodes) of(d *Deployment, now time.Time) *node {
	key := nodeKey{d.ID, d.Key}
	n.mu.RLock()
	found := n.nodes[key]
	n.mu.RUnlock()
	if found != nil {
		return found
	}
	return n.add(key, now)
}

func (n *nodes) add(key nodeKey, now time.Time) *node {
	n.mu.Lock()
	defer n.mu.Unlock()
	if found := n.nodes[key]; found != nil {
		return found
	}
	if len(n.nodes) >= maxNodes {
		n.forget(now)
	}
	shared := n.loads[key.deployment]
	if shared == nil {
		shared = &load{budget: retryBudget()}
		n.loads[key.deployment] = shared
	}
	fresh := &node{load: shared}
	fresh.lastUsed.Store(now.UnixNano())
	n.nodes[key] = fresh
	return fresh
}

// forget drops nodes that nobody has used for a while; n.mu is held.
func (n *nodes) forget(now time.Time) {
	kept := map[string]bool{}
	for key, one := range n.nodes {
		if one.load.inFlight.Load() == 0 && now.UnixNano()-one.lastUsed.Load() > int64(idle) {
			delete(n.nodes, key)
			continue
		}
		kept[key.deployment] = true
	}
	for id := range n.loads {
		if !kept[id] {
			delete(n.loads, id)
		}
	}
}

func (n *nodes) inFlight(deployment string) int {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if shared := n.loads[deployment]; shared != nil {
		return int(shared.inFlight.Load())
	}
	return 0
}

// begin counts an attempt as in flight.
func (n *node) begin(now time.Time) {
	n.lastUsed.Store(now.UnixNano())
	n.load.inFlight.Add(1)
	n.load.budget.earn(now)
}

// sawFirst takes a sample of the time to first token.
func (l *load) sawFirst(took time.Duration, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.first.saw(took, now)
}

// sawWhole takes a sample of the time to a whole answer.
func (l *load) sawWhole(took time.Duration, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole.saw(took, now)
}

// usual is how long a whole answer takes on average; 0 when nothing is known.
func (l *load) usual() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.whole.value
}

// firstToken is the average, faded by its age; 0 when nothing is known.
func (l *load) firstToken(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first.at.IsZero() {
		return 0
	}
	return time.Duration(float64(l.first.value) * math.Exp(-float64(now.Sub(l.first.at))/float64(fading)))
}

// effect of an attempt's outcome on its node.
type effect int

const (
	neutral effect = iota // says nothing: the caller left, the model is being loaded
	alive                 // the provider answered, be it that the request is bad
	limited               // 429
	failed
	refused // our key or our account: more of it is pointless
)

func effectOf(code fault.Code) effect {
	switch code {
	case "", fault.BadRequest, fault.ContextTooLong, fault.TooLarge:
		return alive
	case fault.RateLimited:
		return limited
	case fault.UpstreamFailed, fault.Timeout, fault.Unavailable, fault.ModelUnknown:
		return failed
	case fault.UpstreamRefused:
		return refused
	}
	return neutral
}

// end counts the outcome of an attempt; f is nil for success.
func (n *node) end(f *fault.Fault, probe bool, now time.Time) {
	n.load.inFlight.Add(-1)
	code := fault.Code("")
	if f != nil {
		code = f.Code
	}
	what := effectOf(code)
	n.circuit.result(what, probe, now)
	switch what {
	case limited:
		n.bench(f.RetryAfter, now)
		n.remember(f, now)
	case failed, refused:
		n.remember(f, now)
		n.count(false, now)
	case alive:
		n.count(true, now)
	case neutral:
	}
}

func (n *node) remember(f *fault.Fault, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	older := n.failures[:min(len(n.failures), maxFailures-1)]
	n.failures = append([]Failure{{At: now, Code: string(f.Code), Detail: f.Safe}}, older...)
}

func (n *node) count(ok bool, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := now.UnixNano() / int64(step)
	slot := &n.tally[at%int64(buckets)]
	if slot.at != at {
		slot.at, slot.ok, slot.failed = at, 0, 0
	}
	if ok {
		slot.ok++
	} else {
		slot.failed++
	}
	if !ok || n.suspect.Load() {
		n.suspect.Store(suspicious(n.sum(now)))
	}
}

// sum of the window; n.mu is held.
func (n *node) sum(now time.Time) (ok, failed int) {
	at := now.UnixNano() / int64(step)
	for _, slot := range n.tally {
		if at-slot.at < int64(buckets) {
			ok, failed = ok+int(slot.ok), failed+int(slot.failed)
		}
	}
	return ok, failed
}

// health is what people see of the node.
func (n *node) health(d *Deployment, now time.Time) Health {
	h := Health{InFlight: int(n.load.inFlight.Load()), FirstToken: n.load.firstToken(now)}
	h.Circuit, h.OpenUntil = n.circuit.state(now)
	h.BenchedUntil, h.EjectedUntil = later(n.benched.Load(), now), later(n.ejected.Load(), now)
	if d.Metrics != nil {
		h.Waiting, h.Cache, _ = d.Metrics.Load()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	h.Succeeded, h.Failed = n.sum(now)
	h.Failures = n.failures
	return h
}

// later is the time of nano, or zero when it has passed.
func later(nano int64, now time.Time) time.Time {
	if nano <= now.UnixNano() {
		return time.Time{}
	}
	return time.Unix(0, nano)
}
