package broker

import "math/rand/v2"

// pick chooses among the lowest priority: by chance, in proportion to weight
// divided by what is already in flight there plus one. It counts the chosen as
// in flight; the caller releases it. all must not be empty.
func (b *Broker) pick(all []Deployment) Deployment {
	b.mu.Lock()
	defer b.mu.Unlock()
	chosen := all[choose(all, b.inFlight, b.rand)]
	b.inFlight[chosen.ID]++
	return chosen
}

func (b *Broker) release(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.inFlight[id]--; b.inFlight[id] <= 0 {
		delete(b.inFlight, id)
	}
}

// InFlight is how many attempts a deployment is working on now.
func (b *Broker) InFlight(deployment string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.inFlight[deployment]
}

func choose(all []Deployment, inFlight map[string]int, chance *rand.Rand) int {
	lowest := all[0].Priority
	for _, d := range all {
		lowest = min(lowest, d.Priority)
	}
	share := func(d Deployment) float64 {
		return float64(max(d.Weight, 1)) / float64(inFlight[d.ID]+1)
	}
	total := 0.0
	for _, d := range all {
		if d.Priority == lowest {
			total += share(d)
		}
	}
	at, last := chance.Float64()*total, 0
	for i, d := range all {
		if d.Priority != lowest {
			continue
		}
		last = i
		if at -= share(d); at < 0 {
			return i
		}
	}
	return last // rounding left a crumb
}

// without is all but the deployment with that id.
func without(all []Deployment, id string) []Deployment {
	rest := make([]Deployment, 0, len(all))
	for _, d := range all {
		if d.ID != id {
			rest = append(rest, d)
		}
	}
	return rest
}
