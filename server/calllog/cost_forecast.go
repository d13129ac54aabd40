package calllog

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"nexusai/backend/httpapi"
)

const (
	basis    = 56                 // days that a forecast looks back
	fewest   = 3                  // days without which it says nothing
	quantile = 0.8416212335729143 // of the normal distribution at 0.8
)

// forecast is what the month will cost if it goes on like the last weeks.
func (b *Book) forecast(ctx context.Context, tx pgx.Tx, tenantID string, zone *time.Location) (*httpapi.CostForecast, error) {
	now := b.now().In(zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	from := time.Date(now.Year(), now.Month(), now.Day()-basis, 0, 0, 0, 0, zone)
	rows, err := costRows(ctx, tx, by["day"], tenantID, from.UTC(), now.UTC(), zone)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return predict(everyDay(rows, from, now, zone), now, today, zone), nil
}

// predict takes the days before today, of which the first with a call begins
// the basis, and today so far, which is last. Working days and week-ends have
// means of their own where there are days of both.
func predict(days []httpapi.CostRow, now, today time.Time, zone *time.Location) *httpapi.CostForecast {
	for len(days) > 0 && days[0].Calls == 0 {
		days = days[1:]
	}
	whole := len(days) - 1 // today is not over
	if whole < fewest {
		return nil
	}
	mean := means(days[:whole], zone)
	var squares float64
	for _, d := range days[:whole] {
		off := float64(d.CostNanoUSD) - mean[weekend(day(d, zone))]
		squares += off * off
	}
	deviation := math.Sqrt(squares / float64(max(whole-2, 1)))

	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, zone)
	var spent float64
	for _, d := range days {
		if !day(d, zone).Before(first) {
			spent += float64(d.CostNanoUSD)
		}
	}
	left := 1 - now.Sub(today).Hours()/24 // of today
	month, remaining := spent+left*mean[weekend(today)], left
	for i := 1; ; i++ {
		next := time.Date(today.Year(), today.Month(), today.Day()+i, 0, 0, 0, 0, zone)
		if next.Month() != now.Month() {
			break
		}
		month += mean[weekend(next)]
		remaining++
	}
	wide := quantile * deviation * math.Sqrt(remaining)
	return &httpapi.CostForecast{
		MonthNanoUSD: int64(month), LowNanoUSD: int64(max(spent, month-wide)), HighNanoUSD: int64(month + wide), BasisDays: whole,
	}
}

// means are the mean costs of working days (false) and week-ends (true).
func means(days []httpapi.CostRow, zone *time.Location) map[bool]float64 {
	sums, counts, total := map[bool]float64{}, map[bool]float64{}, 0.0
	for _, d := range days {
		kind := weekend(day(d, zone))
		sums[kind] += float64(d.CostNanoUSD)
		counts[kind]++
		total += float64(d.CostNanoUSD)
	}
	out := map[bool]float64{}
	for _, kind := range []bool{false, true} {
		out[kind] = total / float64(len(days))
		if counts[kind] > 0 {
			out[kind] = sums[kind] / counts[kind]
		}
	}
	return out
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

// day is when a row of days begins.
func day(d httpapi.CostRow, zone *time.Location) time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, d.ID, zone) // everyDay made the name
	return t
}
