// Package doctor checks a machine and says what to do about what it lacks.
package doctor

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"sync"
	"time"
)

// checkTimeout bounds one check: a hanging tool is a finding, not a hang.
const checkTimeout = 10 * time.Second

// Finding is what one check saw. Next says what to do and is empty when OK.
type Finding struct {
	Name    string `json:"name"`
	Finding string `json:"finding"`
	Next    string `json:"next,omitempty"`
	OK      bool   `json:"ok"`
}

// Check looks at one thing. Run is given 10 s and may be called concurrently
// with other checks. It leaves Name empty.
type Check struct {
	Name string
	Run  func(ctx context.Context) Finding
}

// Run makes all checks side by side and returns their findings in the order of
// the checks, scrubbed. A check that panics or does not return in time is a
// finding that is not OK.
func Run(ctx context.Context, checks []Check) []Finding {
	found := make([]Finding, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() {
			f := c.run(ctx)
			f.Name, f.Finding, f.Next = c.Name, Scrub(f.Finding), Scrub(f.Next)
			found[i] = f
		})
	}
	wg.Wait()
	return found
}

func (c Check) run(ctx context.Context) Finding {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	done := make(chan Finding, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- Finding{Finding: fmt.Sprintf("the check broke: %v", p), Next: "Tell the maintainers."}
			}
		}()
		done <- c.Run(ctx)
	}()
	select {
	case f := <-done:
		return f
	case <-ctx.Done():
		return Finding{Finding: "no answer in time", Next: "Try again when the machine is less busy."}
	}
}

// Print writes one line a finding and one more for what to do.
func Print(w io.Writer, found []Finding) {
	wide := 0
	for _, f := range found {
		wide = max(wide, len(f.Name))
	}
	for _, f := range found {
		mark := "ok  "
		if !f.OK {
			mark = "MISS"
		}
		fmt.Fprintf(w, "%s  %-*s  %s\n", mark, wide, f.Name, f.Finding)
		if f.Next != "" {
			fmt.Fprintf(w, "      %-*s  → %s\n", wide, "", f.Next)
		}
	}
}

// Bad counts the findings that are not OK.
func Bad(found []Finding) int {
	n := 0
	for _, f := range found {
		if !f.OK {
			n++
		}
	}
	return n
}

// Scrub removes what names a person from a text, so that it can go into a
// ticket: the home folder and, as a path's part, the user's name.
func Scrub(text string) string {
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		text = strings.ReplaceAll(text, home, "~")
	}
	if u, err := user.Current(); err == nil && len(u.Username) > 1 {
		text = strings.ReplaceAll(text, "/"+u.Username+"/", "/user/")
	}
	return text
}
