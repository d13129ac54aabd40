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
	// echoLeast is the least that a provider which goes on from a half message
	// may say again of it.
	echoLeast = 3
	// certain is how many bytes in common are no chance.
	certain = 12
)

var errAstray = errors.New("the continuation started over and said something else")

// overlap leaves out of a continuation what was said before it. A model that
// is asked to go on often begins with the last words again, or at the very
// beginning. What comes out does not depend on how the text was cut into pieces.
type overlap struct {
	said      string
	prefill   bool   // the provider goes on after said itself: only space can come twice
	lead      string // space that the continuation begins with
	held      string // what follows it
	elsewhere bool   // held is not how said begins
	echoed    bool   // the provider said said itself before it went on
	eat       bool   // said ended with space: none may follow at once
	over      bool   // decided: everything passes
	astray    bool   // it started over and went another way: nothing of it can be used
}

// feed takes the next piece and returns what of all so far is new.
func (o *overlap) feed(text string) string {
	switch {
	case o.astray:
		return ""
	case o.over:
		return o.fresh(text)
	case o.prefill:
		return o.feedPrefill(text)
	}
	if o.held == "" {
		rest := strings.TrimLeftFunc(text, unicode.IsSpace)
		o.lead += text[:len(text)-len(rest)]
		text = rest
	}
	if !o.elsewhere && strings.HasPrefix(o.said[len(o.held):], text) {
		o.held = o.said[:len(o.held)+len(text)] // it may be starting over
		return ""
	}
	o.elsewhere = true
	o.held += text
	if o.mayReachBack() {
		return ""
	}
	return o.decide()
}

// flush is what is left when the continuation has ended.
func (o *overlap) flush() string {
	switch {
	case o.over, o.astray, o.held == "":
		return ""
	case o.prefill && (o.echoed || strings.TrimSpace(o.held) == ""):
		return ""
	case o.prefill: // less than what was said before
		return o.held
	}
	return o.decide()
}

// feedPrefill drops the space that was cut from the end of said to please the
// provider, if it comes again, and all of said if the provider says that first:
// llama.cpp does (seen in 2026).
func (o *overlap) feedPrefill(text string) string {
	if !o.echoed && !o.elsewhere && strings.HasPrefix(o.said[len(o.held):], text) {
		o.held = o.said[:len(o.held)+len(text)]
	} else {
		o.elsewhere = true
		o.held += text
	}
	said := strings.TrimRightFunc(o.said, unicode.IsSpace)
	if !o.echoed && len(said) >= echoLeast {
		if len(o.held) < len(said) && strings.HasPrefix(said, o.held) {
			return ""
		}
		if strings.HasPrefix(o.held, said) {
			o.held, o.echoed = o.held[len(said):], true
		}
	}
	space := o.said[len(said):]
	n := common(o.held, space)
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
