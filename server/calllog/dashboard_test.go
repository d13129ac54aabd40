package calllog_test

import (
	"testing"
	"time"

	"nexusai/backend/fault"
	"nexusai/server/calllog"
	"nexusai/server/store/storetest"
)

func TestDashboardShowsGapsAsGaps(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	tenant, other := storetest.Tenant(t, db), storetest.Tenant(t, db)
	book, _ := open(t, db, t.TempDir())
	for _, one := range []struct {
		ago     time.Duration
		outcome calllog.Outcome
	}{
		{0, priced}, {10 * time.Minute, priced}, {10 * time.Minute, calllog.Outcome{State: calllog.Failed, ErrorCode: fault.Timeout}},
		{30 * time.Hour, priced},
	} {
		c := call(tenant, "m")
		c.At = time.Now().UTC().Add(-one.ago)
		book.Begin(c).End(one.outcome)
	}
	book.Begin(call(other, "theirs")).End(priced)
	book.Begin(call(tenant, "in flight"))
	stored(t, db, tenant, "inference_log", 4)
	for _, tt := range []struct {
		name          string
		points        int
		calls, failed int64
		filled        int
	}{{"1h", 60, 3, 1, 2}, {"24h", 72, 3, 1, -1}, {"7d", 84, 4, 1, -1}, {"30d", 90, 4, 1, -1}, {"", 60, 3, 1, 2}} {
		d, err := book.Dashboard(t.Context(), tenant, tt.name)
		if err != nil {
			t.Fatal(fault.Cause(err))
		}
		filled := 0
		var sum int64
		for _, p := range d.Points {
			sum += p.Calls
			if p.P50MS != nil {
				filled++
			}
			if p.Calls == 0 && (p.P50MS != nil || p.FirstP50MS != nil) {
				t.Errorf("%s: a step without calls has a latency", tt.name)
			}
		}
		if len(d.Points) != tt.points || d.Calls != tt.calls || sum != tt.calls || d.Failed != tt.failed || d.Running != 1 || (tt.filled >= 0 && filled != tt.filled) {
			t.Errorf("%s: %d points, %d calls, %d in points, %d failed, %d running, %d filled", tt.name, len(d.Points), d.Calls, sum, d.Failed, d.Running, filled)
		}
		if len(d.Models) != 1 || d.Models[0].Model != "m" {
			t.Errorf("%s: models %+v", tt.name, d.Models)
		}
	}
	if _, err := book.Dashboard(t.Context(), tenant, "2y"); fault.CodeOf(err) != fault.BadRequest {
		t.Errorf("an unknown range: %v", err)
	}
}
