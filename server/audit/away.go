package audit

import (
	"context"
	"fmt"
	"time"
)

const awayPrefix = "audit/heads/"

// copyAway writes what this process exports on one day to one object, whole each
// time it grows: an object store has no appending, and keeps old versions where
// its owner wants that. A process begins with the heads of all trails, so what
// could not be sent before it is made up for.
type copyAway struct {
	to      Away
	process string           // what tells this process's objects from others'
	day     string           // of lines, 2006-01-02 in UTC
	lines   []byte           // the object
	unsent  bool             // lines are more than what is there
	last    map[string]int64 // tenant → newest entry in lines, or in an earlier day's
}

// add takes what is new in heads and sends it, with whatever an earlier try did
// not get there.
func (c *copyAway) add(ctx context.Context, heads []head, now time.Time) error {
	if day := now.UTC().Format(time.DateOnly); day != c.day && !c.unsent {
		c.day, c.lines = day, nil
	}
	grown := newer(heads, c.last)
	lines, err := appendLines(c.lines, grown)
	if err != nil {
		return err
	}
	c.lines, c.unsent = lines, c.unsent || len(grown) > 0
	note(c.last, grown)
	if !c.unsent {
		return nil
	}
	if err := c.to.PutNamed(ctx, awayPrefix+c.day+"/"+c.process+".jsonl", c.lines); err != nil {
		return fmt.Errorf("send the audit heads away: %w", err)
	}
	c.unsent = false
	return nil
}
