package gateway

import (
	"net/http"
	"testing"
	"time"

	"nexusai/backend/fault"
)

func TestClientsAreToldWhetherToAskAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code          fault.Code
		wait          time.Duration
		after, should string
	}{
		"a limit":               {fault.RateLimited, 6500 * time.Millisecond, "7", ""},
		"a limit, nobody knows": {fault.RateLimited, 0, "1", ""},
		"a limit for an hour":   {fault.RateLimited, time.Hour, "3600", "false"},
		"spent until tomorrow":  {fault.QuotaSpent, 9 * time.Hour, "32400", "false"},
		"spent for good":        {fault.QuotaSpent, 0, "", "false"},
		"held back for now":     {fault.QuotaSpent, time.Second, "1", "true"},
		"unpriced":              {fault.QuotaUnpriced, 0, "", "false"},
		"draining":              {fault.Unavailable, 5 * time.Second, "5", ""},
		"a bad request":         {fault.BadRequest, 0, "", ""},
	} {
		h := http.Header{}
		retry(h, &fault.Fault{Code: c.code, RetryAfter: c.wait})
		if h.Get("Retry-After") != c.after || h.Get("X-Should-Retry") != c.should {
			t.Errorf("%s: %v", name, h)
		}
	}
}
