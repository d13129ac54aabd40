package broker

import "time"

// Explanation says where a request would go if it were sent now.
type Explanation struct {
	Model  string
	Larger string // the model that would be asked because Model's context is too short; usually empty
	// Candidates in the order in which they would be asked, then those that
	// would be passed over.
	Candidates []Candidate
}

// Candidate is a deployment as choosing sees it.
type Candidate struct {
	Deployment string
	Name       string
	Provider   string
	Model      string
	Key        string
	Region     string
	Priority   int
	Weight     int
	Lane       Lane
	Losses     []string // what translation would leave out
	Reason     Reason   // it would be passed over; empty: it qualifies
	Why        Why      // it would be chosen; empty: it would not
	Health     Health
}

// Health is how a deployment with one of its keys has been doing. Load is the
// deployment's, circuit and bench are the key's.
type Health struct {
	Circuit      Circuit
	OpenUntil    time.Time     // then one request may probe; zero: not open
	BenchedUntil time.Time     // the provider limits the key until then; zero: it does not
	EjectedUntil time.Time     // fails far more than its peers; zero: it does not
	InFlight     int           // attempts now, in this process
	FirstToken   time.Duration // moving average of late; 0: not known
	Waiting      int           // requests that the engine says are queued
	Cache        float64       // how full its cache is, 0 to 1
	Succeeded    int           // attempts of the last minute
	Failed       int           // of these; limits and the caller's own mistakes do not count
	LastError    string        // the code of the last failure; empty: none
	LastErrorAt  time.Time
}

// Circuit says whether a deployment may be asked.
type Circuit string

// The states.
const (
	CircuitClosed   Circuit = "closed"
	CircuitOpen     Circuit = "open"
	CircuitHalfOpen Circuit = "half_open"
)
