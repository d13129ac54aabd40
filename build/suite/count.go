package main

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// tally counts tests.
type tally struct{ passed, failed int }

// event is a line of `go test -json` (cmd/test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// countGo counts tests, subtests included, and packages that did not build.
func countGo(output string) tally {
	var t tally
	for line := range strings.Lines(output) {
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			continue
		}
		switch {
		case e.Test != "" && e.Action == "pass":
			t.passed++
		case e.Action == "fail" && e.Test != "", e.Action == "build-fail":
			t.failed++
		}
	}
	return t
}

// readable turns `go test -json` back into what a person reads: the output of
// what failed. Other text stays as it is.
func readable(output string) string {
	if !strings.HasPrefix(output, "{") {
		return output
	}
	outputs, failed := map[string]*strings.Builder{}, []string{}
	for line := range strings.Lines(output) {
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			continue
		}
		key := e.Package + " " + e.Test
		if outputs[key] == nil {
			outputs[key] = &strings.Builder{}
		}
		outputs[key].WriteString(e.Output)
		if e.Action == "fail" || e.Action == "build-fail" || e.Action == "build-output" {
			failed = append(failed, key)
		}
	}
	var text strings.Builder
	for _, key := range failed {
		text.WriteString(key + "\n" + tail(outputs[key].String(), 25) + "\n")
	}
	return text.String()
}

var (
	vitest = regexp.MustCompile(`(?m)^\s*Tests\s+(?:(\d+) failed \| )?(?:(\d+) passed)?`)
	passed = regexp.MustCompile(`(?m)(?:^|[ ,=])(\d+) passed`)
	failed = regexp.MustCompile(`(?m)(?:^|[ ,=])(\d+) (?:failed|errors?)\b`)
	colour = regexp.MustCompile(`\x1b\[[0-9;]*m`)
)

// countVitest reads Vitest's summary line.
func countVitest(output string) tally {
	m := vitest.FindStringSubmatch(colour.ReplaceAllString(output, ""))
	if m == nil {
		return tally{}
	}
	return tally{passed: number(m[2]), failed: number(m[1])}
}

// countPlain reads the last "N passed" and "N failed" of pytest or Playwright.
func countPlain(output string) tally {
	output = tail(colour.ReplaceAllString(output, ""), 30)
	return tally{passed: last(passed, output), failed: last(failed, output)}
}

func last(pattern *regexp.Regexp, text string) int {
	all := pattern.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return 0
	}
	return number(all[len(all)-1][1])
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits) // the pattern lets only digits, or nothing, through
	return n
}
