package calllog // predict is not exported: what it is made of is the report's

import (
	"testing"
	"time"

	"nexusai/backend/httpapi"
)

func TestTheForecastGoesOnLikeTheLastDays(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("here", 3600)
	// Wednesday, 18 November 2026, noon: 12 whole days of the month are left,
	// of them 4 week-end days, and half of today.
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, zone)
	today := time.Date(2026, 11, 18, 0, 0, 0, 0, zone)
	series := func(from int, working, weekend, half int64) (out []httpapi.CostRow) {
		for d := from; d <= 18; d++ {
			at := time.Date(2026, 11, d, 0, 0, 0, 0, zone)
			row := httpapi.CostRow{ID: at.Format(time.DateOnly), Calls: 1, CostNanoUSD: working}
			if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
				row.CostNanoUSD = weekend
			}
			if d == 18 {
				row.CostNanoUSD = half
			}
			out = append(out, row)
		}
		return out
	}
	steady := predict(series(2, 100, 10, 50), now, today, zone)
	// 2..17 November: 12 working days and 4 of week-ends; then half of today
	// twice; then 8 working and 4 week-end days.
	if want := int64(12*100 + 4*10 + 50 + 50 + 8*100 + 4*10); steady == nil || steady.MonthNanoUSD != want || steady.LowNanoUSD != want || steady.HighNanoUSD != want || steady.BasisDays != 16 {
		t.Errorf("steady: %+v, want %d", steady, want)
	}
	wild := series(2, 100, 10, 50)
	wild[2].CostNanoUSD = 900
	if got := predict(wild, now, today, zone); got.LowNanoUSD >= got.MonthNanoUSD || got.HighNanoUSD <= got.MonthNanoUSD || got.LowNanoUSD < 2090 {
		t.Errorf("wild: %+v", got)
	}
	if got := predict(series(16, 100, 10, 50), now, today, zone); got != nil {
		t.Errorf("two days say %+v", got)
	}
	empty := []httpapi.CostRow{{ID: "2026-11-17"}, {ID: "2026-11-18"}}
	if got := predict(empty, now, today, zone); got != nil {
		t.Errorf("nothing says %+v", got)
	}
}
