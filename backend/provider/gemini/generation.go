package gemini

import (
	"regexp"
	"strconv"
	"strings"
)

// generation is a Gemini model's version times ten: 25 for 2.5. Names without a
// version, such as gemini-flash-latest, are the newest.
type generation int

const newest generation = 990

var version = regexp.MustCompile(`gemini-(\d{1,2})(?:\.(\d))?(?:-|$)`)

func generationOf(model string) generation {
	found := version.FindStringSubmatch(strings.ToLower(model))
	if found == nil {
		return newest
	}
	// They are digits, one or two of them, so no error can come.
	major, _ := strconv.Atoi(found[1])
	minor, _ := strconv.Atoi(found[2])
	return generation(major*10 + minor)
}

// levelled: the model takes a level of thinking in place of a budget, wants its
// signatures back, and may call tools where it answers in JSON.
func (g generation) levelled() bool { return g >= 30 }

// thinks: the model can think at all.
func (g generation) thinks() bool { return g >= 25 }
