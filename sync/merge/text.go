package merge

import (
	"slices"
	"strings"
	"unicode"
)

// Text merges two texts that both grew from base, word by word. It returns
// false when they changed the same place in different ways.
func Text(base, mine, theirs string) (string, bool) {
	switch {
	case mine == theirs, base == theirs:
		return mine, true
	case base == mine:
		return theirs, true
	}
	words := split(base)
	a, b := diff(words, split(mine)), diff(words, split(theirs))
	var out strings.Builder
	at := 0 // words of base already written
	for len(a) > 0 || len(b) > 0 {
		var next hunk
		switch {
		case len(a) == 0:
			next, b = b[0], b[1:]
		case len(b) == 0:
			next, a = a[0], a[1:]
		case a[0].same(b[0]):
			next, a, b = a[0], a[1:], b[1:]
		case a[0].touches(b[0]):
			return "", false
		case a[0].from < b[0].from:
			next, a = a[0], a[1:]
		default:
			next, b = b[0], b[1:]
		}
		write(&out, words[at:next.from])
		write(&out, next.words)
		at = next.to
	}
	write(&out, words[at:])
	return out.String(), true
}

func write(out *strings.Builder, words []string) {
	for _, w := range words {
		out.WriteString(w)
	}
}

// split cuts text into words and single other characters; joined they are the
// text again.
func split(text string) []string {
	var out []string
	start := 0
	inWord := false
	for i, r := range text {
		word := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
		if i > start && (!word || !inWord) {
			out = append(out, text[start:i])
			start = i
		}
		inWord = word
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

// hunk replaces base[from:to] by words.
type hunk struct {
	from, to int
	words    []string
}

func (h hunk) same(o hunk) bool {
	return h.from == o.from && h.to == o.to && slices.Equal(h.words, o.words)
}

// touches is true when the order of the two replacements would matter.
func (h hunk) touches(o hunk) bool {
	if h.from == o.from || (h.from < o.to && o.from < h.to) {
		return true
	}
	return (h.from == h.to || o.from == o.to) && (h.from == o.to || h.to == o.from)
}

// maxEdits bounds the work of one comparison; texts further apart are one
// replacement from the first difference to the last.
const maxEdits = 400

// diff lists the smallest set of replacements that turn a into b, in order
// (Myers 1986, greedy).
func diff(a, b []string) []hunk {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	midA, midB := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(midA) == 0 && len(midB) == 0 {
		return nil
	}
	trace, ok := search(midA, midB)
	if !ok {
		return []hunk{{head, head + len(midA), midB}}
	}
	return hunks(midA, midB, trace, head)
}

// search records, per number of edits, how far every diagonal reaches.
func search(a, b []string) ([][]int, bool) {
	limit := min(len(a)+len(b), maxEdits)
	v := make([]int, 2*limit+3)
	mid := limit + 1
	var trace [][]int
	for d := 0; d <= limit; d++ {
		trace = append(trace, slices.Clone(v[mid-d-1:mid+d+2]))
		for k := -d; k <= d; k += 2 {
			x := step(v, mid, k, d)
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			v[mid+k] = x
			if x >= len(a) && x-k >= len(b) {
				return trace, true
			}
		}
	}
	return nil, false
}

func step(v []int, mid, k, d int) int {
	if k == -d || (k != d && v[mid+k-1] < v[mid+k+1]) {
		return v[mid+k+1]
	}
	return v[mid+k-1] + 1
}

// hunks walks the trace back from the end and joins neighbouring edits.
func hunks(a, b []string, trace [][]int, offset int) []hunk {
	var out []hunk
	x, y := len(a), len(b)
	for d := len(trace) - 1; d > 0; d-- {
		v, mid := trace[d], d+1
		k := x - y
		prev := k - 1
		if k == -d || (k != d && v[mid+k-1] < v[mid+k+1]) {
			prev = k + 1
		}
		px := v[mid+prev]
		py := px - prev
		// the edit goes from (px,py) to one step right or down, then a snake
		ex, ey := px, py
		if prev == k+1 {
			ey++
		} else {
			ex++
		}
		out = joinFront(out, hunk{px + offset, ex + offset, b[py:ey]}, b, py)
		x, y = px, py
	}
	slices.Reverse(out)
	return out
}

// joinFront adds h before the hunks found so far (they come from the back);
// out's last is the one nearest to the front.
func joinFront(out []hunk, h hunk, b []string, at int) []hunk {
	if n := len(out); n > 0 && out[n-1].from == h.to {
		last := &out[n-1]
		last.from = h.from
		last.words = b[at : at+len(h.words)+len(last.words)]
		return out
	}
	return append(out, h)
}
