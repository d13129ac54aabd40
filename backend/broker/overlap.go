package broker

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// overlapMost is how far back a continuation may begin.
	overlapMost = 400
	// restartLeast is how much of the beginning must come again before it counts
	// as a model that started over.
	restartLeast = 24
	// certain is how many bytes in common are no chance.
	certain = 12
)

var errAstray = errors.New("the continuation started over and said something else")

// overlap leaves out of a continuation what was said before it. A model that
// is asked to go on often begins with the last words again, or at the very
// beginning. What comes out does not depend on how the text was cut into pieces.
type overlap struct {
	said    string
	prefill bool   // the provider goes on after said itself: only space can come twice
	lead    string // space that the continuation begins with
	held    string // what follows it
	eat     bool   // said ended with space: none may follow at once
	over    bool   // decided: everything passes
	astray  bool   // it started over and went another way: nothing of it can be used
}

// feed takes the next piece and returns what of all so far is new.
func (o *overlap) feed(text string) string {
	switch {
	case o.astray:
		return ""
	case o.over:
		return o.fresh(text)
	case o.prefill:
		o.held += text
		return o.feedPrefill()
	}
	if o.held == "" {
		rest := strings.TrimLeftFunc(text, unicode.IsSpace)
		o.lead += text[:len(text)-len(rest)]
		text = rest
	}
	o.held += text
	if o.held == "" || o.mayRestart() || o.mayReachBack() {
		return ""
	}
	return o.decide()
}

// flush is what is left when the continuation has ended.
func (o *overlap) flush() string {
	if o.over || o.astray || o.held == "" || o.prefill {
		return ""
	}
	return o.decide()
}

// feedPrefill drops the space that was cut from the end of said to please the
// provider, if it comes again.
func (o *overlap) feedPrefill() string {
	space := o.said[len(strings.TrimRightFunc(o.said, unicode.IsSpace)):]
	n := 0
	for n < len(space) && n < len(o.held) && o.held[n] == space[n] {
		n++
	}
	if n == len(o.held) && n < len(space) {
		return ""
	}
	o.over = true
	return o.held[n:]
}

// fresh is text that is new, less the space that said ends with.
func (o *overlap) fresh(text string) string {
	if !o.eat {
		return text
	}
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	o.eat = text == ""
	return text
}

// mayRestart: all that is held is how said begins.
func (o *overlap) mayRestart() bool {
	return len(o.held) <= len(o.said) && strings.HasPrefix(o.said, o.held)
}

// mayReachBack: said ends with what is held, or might end with more of it.
func (o *overlap) mayReachBack() bool {
	said := strings.TrimRightFunc(o.said, unicode.IsSpace)
	for from := max(len(said)-overlapMost, 0); from <= len(said)-len(o.held); from++ {
		if strings.HasPrefix(said[from:], o.held) {
			return true
		}
	}
	return false
}

// decide cuts off the longest thing that was said before.
func (o *overlap) decide() string {
	o.over = true
	held, lead := o.held, o.lead
	o.held, o.lead = "", ""
	said := strings.TrimRightFunc(o.said, unicode.IsSpace)
	o.eat = len(said) < len(o.said)
	if strings.HasPrefix(held, said) && (len(said) >= certain || meant(said, held, len(said))) {
		return o.fresh(held[len(said):])
	}
	if n := common(held, said); n >= restartLeast && n < len(said) {
		o.over, o.astray = false, true
		return ""
	}
	for n := min(len(held), len(said), overlapMost); n > 0; n-- {
		if strings.HasSuffix(said, held[:n]) && meant(said, held, n) {
			return o.fresh(held[n:])
		}
	}
	if lead == "" && !o.eat && joins(said, held) {
		return " " + held
	}
	return o.fresh(lead + held)
}

// common is how many bytes both begin with.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// meant says that n bytes are no chance: many, or whole words on both sides.
func meant(said, held string, n int) bool {
	if n >= certain {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(said[:len(said)-n])
	first, _ := utf8.DecodeRuneInString(held)
	after, _ := utf8.DecodeRuneInString(held[n:])
	last, _ := utf8.DecodeLastRuneInString(held[:n])
	begins := !inWord(first) || len(said) == n || !inWord(before)
	ends := !inWord(last) || len(held) == n || !inWord(after)
	return begins && ends
}

// joins says that two words would become one: models begin a message without
// the space that parted it from what came before.
func joins(said, held string) bool {
	last, _ := utf8.DecodeLastRuneInString(said)
	first, _ := utf8.DecodeRuneInString(held)
	return inWord(last) && inWord(first)
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
