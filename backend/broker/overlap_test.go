package broker

import (
	"strings"
	"testing"
)

// joined is what the caller reads when text comes after said in pieces of n runes.
func joined(said, text string, prefill bool, n int) (string, bool) {
	o := &overlap{said: said, prefill: prefill}
	out := said
	runes := []rune(text)
	for len(runes) > 0 {
		k := min(n, len(runes))
		out += o.feed(string(runes[:k]))
		runes = runes[k:]
	}
	return out + o.flush(), o.astray
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		said, text, want string
		prefill, astray  bool
	}{
		"repeats the last words":          {said: "1 2 3 4", text: "3 4 5 6", want: "1 2 3 4 5 6"},
		"repeats them after a space":      {said: "1 2 3 4", text: "\n3 4 5", want: "1 2 3 4 5"},
		"said ends with a space":          {said: "1 2 3 4 ", text: "3 4 5", want: "1 2 3 4 5"},
		"a line break in place of it":     {said: "1 2 3 4 ", text: "3 4\n5", want: "1 2 3 4 5"},
		"repeats nothing":                 {said: "One two", text: "three", want: "One two three"},
		"repeats nothing, with space":     {said: "One two", text: " three", want: "One two three"},
		"repeats nothing after a stop":    {said: "One two.", text: "\nThree", want: "One two.\nThree"},
		"starts over, the same":           {said: "The quick brown", text: "The quick brown fox", want: "The quick brown fox"},
		"starts over in another way":      {said: "The quick brown fox jumps over", text: "The quick brown fox jumps onto a dog", want: "The quick brown fox jumps over", astray: true},
		"a letter in common is chance":    {said: "Say hel", text: "lo world", want: "Say hel lo world"},
		"a whole word in common":          {said: "I like the", text: "the cat", want: "I like the cat"},
		"only repeats":                    {said: "All of it.", text: "of it.", want: "All of it."},
		"says nothing":                    {said: "All", text: "", want: "All"},
		"prefill goes on":                 {said: "Hel", text: "lo", want: "Hello", prefill: true},
		"prefill says the space again":    {said: "Hello ", text: " world", want: "Hello world", prefill: true},
		"prefill does not":                {said: "Hello ", text: "world", want: "Hello world", prefill: true},
		"prefill of a list":               {said: "a\n\n", text: "\n\nb", want: "a\n\nb", prefill: true},
		"prefill comes back first":        {said: "1 2 3", text: "1 2 3 4 5", want: "1 2 3 4 5", prefill: true},
		"prefill comes back, less space":  {said: "1 2 3 ", text: "1 2 3 4 5", want: "1 2 3 4 5", prefill: true},
		"prefill begins alike":            {said: "1 2 3", text: "1 2 4", want: "1 2 31 2 4", prefill: true},
		"prefill is all that comes":       {said: "1 2 3", text: "1 2 3", want: "1 2 3", prefill: true},
		"a word with accents in its seam": {said: "São João é", text: "João é bom", want: "São João é bom"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; n < 40; n++ {
				if got, astray := joined(c.said, c.text, c.prefill, n); got != c.want || astray != c.astray {
					t.Errorf("in pieces of %d: %q, astray %v; want %q", n, got, astray, c.want)
				}
			}
		})
	}
}

// FuzzOverlap: what comes out must not depend on how the text was cut, and
// nothing new may get lost.
func FuzzOverlap(f *testing.F) {
	f.Add("1 2 3 4", "3 4 5", false, uint8(1))
	f.Add("The quick brown fox jumps over", "The quick brown fox jumps onto", false, uint8(3))
	f.Add("a \n", " \nb", true, uint8(2))
	f.Fuzz(func(t *testing.T, said, text string, prefill bool, size uint8) {
		said, text = strings.ToValidUTF8(said, "?"), strings.ToValidUTF8(text, "?")
		whole, astray := joined(said, text, prefill, len(text)+1)
		cut, also := joined(said, text, prefill, int(size)+1)
		if whole != cut || astray != also {
			t.Errorf("%q and %q: %q, in pieces %q", said, text, whole, cut)
		}
		if !strings.HasPrefix(whole, said) {
			t.Errorf("%q is not what was said: %q", whole, said)
		}
		if new := strings.TrimSpace(whole[len(said):]); !astray && !strings.HasSuffix(strings.TrimSpace(text), new) {
			t.Errorf("%q and %q became %q", said, text, whole)
		}
	})
}
