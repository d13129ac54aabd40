package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// Row is one figure beside its floor, which was measured in the same run, and
// the bound it should keep; a zero Bound means that none is set, unless Bounded.
type Row struct {
	Name    string    `json:"name"`
	Value   float64   `json:"value"`
	Unit    string    `json:"unit"`
	Floor   float64   `json:"floor"`
	Bound   float64   `json:"bound"`
	AtLeast bool      `json:"at_least,omitempty"` // the bound is below and not above
	Bounded bool      `json:"-"`                  // a zero Bound is one: nothing may be cut
	OK      bool      `json:"ok"`
	Samples []float64 `json:"samples"`
	Floors  []float64 `json:"floor_samples,omitempty"`
}

// judged sets OK: a figure is fine when it keeps its bound, or when there is
// none.
func judged(r Row) Row {
	switch {
	case r.Bound == 0 && !r.Bounded:
		r.OK = true
	case r.AtLeast:
		r.OK = r.Value >= r.Bound
	default:
		r.OK = r.Value <= r.Bound
	}
	return r
}

// median of the samples; NaN-free: zero for none.
func median(samples []float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// table prints rows for people.
func table(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "name\tvalue\tfloor\tbound\tunit\tn\t \t")
	for _, r := range rows {
		bound, verdict := "–", ""
		if r.Bound != 0 || r.Bounded {
			bound, verdict = "≤ "+number(r.Bound), "ok"
		}
		if r.AtLeast {
			bound = "≥ " + number(r.Bound)
		}
		if !r.OK {
			verdict = "MISSED"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t\n", r.Name, number(r.Value), number(r.Floor), bound, r.Unit, len(r.Samples), verdict)
	}
	return t.Flush()
}

func number(v float64) string {
	if v == math.Trunc(v) || math.Abs(v) >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// lines prints one JSON object a row.
func lines(w io.Writer, rows []Row) error {
	e := json.NewEncoder(w)
	for _, r := range rows {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
