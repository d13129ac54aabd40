package merge_test

import (
	"strings"
	"testing"

	"nexusai/sync/merge"
)

func TestText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		base, mine, theirs, want string
		ok                       bool
	}{
		"only mine":                {"a b c", "a x c", "a b c", "a x c", true},
		"only theirs":              {"a b c", "a b c", "a b y", "a b y", true},
		"the same":                 {"a b c", "a z c", "a z c", "a z c", true},
		"both ends":                {"one two three", "zero one two three", "one two three four", "zero one two three four", true},
		"delete and change":        {"a b c d e", "b c d e", "a b c d f", "b c d f", true},
		"one place, two words":     {"a b c", "a x c", "a y c", "", false},
		"two insertions":           {"a c", "a x c", "a y c", "", false},
		"appended to the same end": {"draft", "draft one", "draft two", "", false},
		"from nothing":             {"", "hello", "world", "", false},
		"the same insertion":       {"a c", "a b c", "a b c d", "a b c d", true},
		"lines":                    {"1\n2\n3\n", "1\nx\n3\n", "1\n2\n3\n4\n", "1\nx\n3\n4\n", true},
		"accents and emoji":        {"água 🧑‍🚀 fim", "Água 🧑‍🚀 fim", "água 🧑‍🚀 fim!", "Água 🧑‍🚀 fim!", true},
	} {
		got, ok := merge.Text(c.base, c.mine, c.theirs)
		if got != c.want || ok != c.ok {
			t.Errorf("%s: %q %v, want %q %v", name, got, ok, c.want, c.ok)
		}
	}
	long := strings.Repeat("word and ", 20_000)
	if got, ok := merge.Text(long, "first "+long, long+"last"); !ok || got != "first "+long+"last" {
		t.Error("a long text does not merge")
	}
}

// FuzzText checks what holds for any three texts.
func FuzzText(f *testing.F) {
	f.Add("the quick fox", "the slow fox", "the quick fox jumps")
	f.Add("", "a", "b")
	f.Add("á\xff b", "b á", "\x00")
	f.Fuzz(func(t *testing.T, base, mine, theirs string) {
		if got, ok := merge.Text(base, mine, base); !ok || got != mine {
			t.Fatalf("an untouched side changed the other: %q %v", got, ok)
		}
		if got, ok := merge.Text(base, mine, mine); !ok || got != mine {
			t.Fatalf("agreement is a conflict: %q %v", got, ok)
		}
		one, okOne := merge.Text(base, mine, theirs)
		two, okTwo := merge.Text(base, theirs, mine)
		if okOne != okTwo || one != two {
			t.Fatalf("the order of the sides matters: %q %v, %q %v", one, okOne, two, okTwo)
		}
		// what both sides left out of the text stays out, what one put in is in
		if okOne && len(one) > len(mine)+len(theirs)+len(base) {
			t.Fatal("words from nowhere")
		}
	})
}
