package tenant

import (
	"fmt"
	"time"

	"nexusai/backend/fault"
	"nexusai/server/policy"
)

// How many days contents can be kept.
const (
	usualDays = 30
	MostDays  = 365
)

// Contents says whether what is asked and answered in calls is kept, for how
// long, and whose eyes it is for.
type Contents struct {
	Keep      bool      `json:"keep"`
	Responses bool      `json:"responses,omitempty"` // of /v1/responses, for those who made them to go on from
	Days      int       `json:"days"`
	Readers   []string  `json:"readers"`        // roles; of what Keep keeps
	Since     time.Time `json:"since,omitzero"` // Keep is on, without a break
}

// Kept is the tenant's policy; one that decided nothing keeps nothing.
func (s Settings) Kept() Contents {
	if s.Contents == nil {
		return Contents{Days: usualDays, Readers: policy.ContentReaders()}
	}
	return *s.Contents
}

// Age is how long contents are kept.
func (c Contents) Age() time.Duration { return time.Duration(c.Days) * 24 * time.Hour }

func (c Contents) check() error {
	if c.Days < 1 || c.Days > MostDays {
		return fault.New(fault.BadRequest, fmt.Sprintf("Contents are kept for 1 to %d days.", MostDays), nil).At("days")
	}
	if len(c.Readers) == 0 {
		return fault.New(fault.BadRequest, "Contents that nobody may read need not be kept: name a role.", nil).At("readers")
	}
	for _, role := range c.Readers {
		if !policy.MayReadContents(role) {
			return fault.New(fault.BadRequest, "Contents can be for roles that see the log: owner, admin, developer or auditor.", nil).At("readers")
		}
	}
	return nil
}
