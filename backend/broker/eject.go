package broker

import "time"

const (
	// ejectVolume is how many attempts of the last minute it takes to judge.
	ejectVolume = 10
	// ejectMargin is how much worse than the best of its peers it must be.
	ejectMargin = 0.3
	ejectFor    = 10 * time.Second // doubled each time, up to ejectMost
	ejectMost   = 5 * time.Minute
)

// suspicious says that a node fails so often that it is worth comparing.
func suspicious(ok, failed int) bool {
	return ok+failed >= ejectVolume && failed >= ok
}

// eject takes outliers out of a group that could serve: what fails far more
// than its peers though not in a row, so that its circuit stays closed. Of the
// group and those of all who were taken out of it before at least half stay.
func (b *Broker) eject(group []*candidate, all []candidate, now time.Time) {
	out := 0
	for i := range all {
		if c := &all[i]; c.reason == "" && c.d.Priority == group[0].d.Priority && c.node.isEjected(now) {
			out++
		}
	}
	most, best := (len(group)+out)/2, 1.0
	for _, c := range group {
		best = min(best, c.node.failing(now))
	}
	for _, c := range group {
		if out >= most {
			return
		}
		if c.node.suspect.Load() && c.node.failing(now) > best+ejectMargin {
			c.node.eject(now)
			out++
			b.log.Warn("deployment set aside, it fails far more than its peers", "deployment", c.d.ID, "model", c.d.Model, "key_id", c.d.Key)
		}
	}
}

func (n *node) isEjected(now time.Time) bool {
	until := n.ejected.Load()
	return until != 0 && until > now.UnixNano()
}

// failing is the share of attempts of the last minute that failed; 0 when
// there were too few.
func (n *node) failing(now time.Time) float64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	ok, failed := n.sum(now)
	if ok+failed < ejectVolume {
		return 0
	}
	return float64(failed) / float64(ok+failed)
}

// eject sets the node aside; then it starts with a clean sheet.
func (n *node) eject(now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last := n.ejected.Load(); last != 0 && now.UnixNano()-last > int64(ejectMost) {
		n.ejections = 0
	}
	wait := min(ejectFor<<min(n.ejections, 8), ejectMost)
	n.ejections++
	n.ejected.Store(now.Add(wait).UnixNano())
	n.suspect.Store(false)
	clear(n.tally[:])
}
