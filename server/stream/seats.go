package stream

import (
	"sync"
	"time"

	"nexusai/backend/fault"
)

// perPerson is how many streams one person may have open in one process: some
// devices, each with its windows, and an answer in each of them.
const perPerson = 64

// fullFor is when a person without a seat may ask again.
const fullFor = 10 * time.Second

// Seats bounds how many streams a person has open: each costs a socket and two
// goroutines for as long as it lasts. Safe for concurrent use.
type Seats struct {
	limit int
	mu    sync.Mutex        // guards taken
	taken map[[2]string]int // by tenant and user; no zeroes
}

// NewSeats bounds streams to limit for each person; 0: 64.
func NewSeats(limit int) *Seats {
	if limit <= 0 {
		limit = perPerson
	}
	return &Seats{limit: limit, taken: map[[2]string]int{}}
}

// Take returns what gives the seat back, to be called once, or
// fault.RateLimited.
func (s *Seats) Take(tenantID, userID string) (leave func(), err error) {
	person := [2]string{tenantID, userID}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[person] >= s.limit {
		f := fault.New(fault.RateLimited, "You have too many connections open.", nil).WithHint("Close windows or devices that you do not use.")
		f.RetryAfter = fullFor
		return nil, f
	}
	s.taken[person]++
	return func() { s.leave(person) }, nil
}

func (s *Seats) leave(person [2]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[person]--; s.taken[person] <= 0 {
		delete(s.taken, person)
	}
}
