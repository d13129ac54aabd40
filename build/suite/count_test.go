package main

import (
	"errors"
	"testing"
)

func TestCounts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		count  func(string) tally
		output string
		want   tally
	}{
		{"go", countGo, `{"Action":"pass","Package":"p","Test":"A"}` + "\n" + `{"Action":"fail","Package":"p","Test":"B"}` + "\n" + `{"Action":"fail","Package":"p"}`, tally{1, 1}},
		{"go that does not build", countGo, `{"ImportPath":"p","Action":"build-fail"}`, tally{0, 1}},
		{"vitest", countVitest, "\x1b[2m      Tests \x1b[22m \x1b[1m2 failed\x1b[22m | 40 passed (42)", tally{40, 2}},
		{"vitest green", countVitest, "      Tests  40 passed (40)", tally{40, 0}},
		{"pytest", countPlain, "=== 1 failed, 5 passed in 3.2s ===", tally{5, 1}},
		{"pytest error", countPlain, "5 passed, 1 error in 3s", tally{5, 1}},
		{"playwright", countPlain, "  1 failed\n    [x] › a.spec.ts\n  12 passed (40s)", tally{12, 1}},
		{"nothing", countPlain, "", tally{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.count(tt.output); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestAStageWithoutTestsFails(t *testing.T) {
	t.Parallel()
	s := stage{name: "x", count: countPlain}
	if got := s.judge("", nil); got.failed != 1 {
		t.Errorf("a stage that ran nothing: %+v", got)
	}
	if got := s.judge("7 passed", errors.New("exit status 1")); got != (tally{7, 1}) {
		t.Errorf("a stage that exited 1: %+v", got)
	}
}
