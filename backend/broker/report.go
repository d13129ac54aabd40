package broker

import (
	"time"

	"nexusai/backend/fault"
	"nexusai/backend/llm"
)

// Report tells what a request went through.
type Report struct {
	Model    string     // as it was asked for
	Larger   string     // the model that was asked because Model's context is too short; usually empty
	Attempts []Attempt  // in the order in which they began
	Excluded []Excluded // candidates that were passed over
	// Delivered is the usage of the answer as the caller got it: over a rescue
	// the input once and the output of both halves. Zero: nothing came.
	Delivered llm.Usage
}

// Last is the attempt that decided the outcome: the one whose answer, or end of
// an answer, the caller got, else the last one. False when none was made.
func (r Report) Last() (Attempt, bool) {
	if len(r.Attempts) == 0 {
		return Attempt{}, false
	}
	for i := len(r.Attempts) - 1; i >= 0; i-- {
		if r.Attempts[i].Delivered {
			return r.Attempts[i], true
		}
	}
	return r.Attempts[len(r.Attempts)-1], true
}

// Attempt is one deployment's try.
type Attempt struct {
	N          int // from 1; names the attempt within its call
	Deployment string
	Name       string // of the deployment, in words
	Provider   string
	Model      string // the provider's name
	Key        string // id of the provider's key
	Region     string
	Lane       Lane
	Why        Why      // it was chosen
	Losses     []string // what translation left out
	Started    time.Time
	FirstToken time.Time // zero when no content was streamed
	Ended      time.Time
	Code       fault.Code // empty: success
	Finish     llm.Finish
	Usage      llm.Usage // zero when nothing is owed; Estimated when the provider did not count
	MaxOutput  int       // the limit that was set because the request sets none; 0: none
	RequestID  string    // the provider's
	Delivered  bool      // its answer, or a part of it, reached the caller
}

// Lane is how a request goes to a deployment.
type Lane string

// The lanes.
const (
	LaneBytes      Lane = "bytes"      // as the caller wrote it
	LaneTranslated Lane = "translated" // in the product's vocabulary
)

// Why a deployment was chosen; clients translate it.
type Why string

// The reasons to choose.
const (
	WhyOnly     Why = "only"     // no other qualifies
	WhyLoad     Why = "load"     // the less busy of two, by weight
	WhyAffinity Why = "affinity" // the prompt cache or the sealed reasoning is there
	WhyProbe    Why = "probe"    // its circuit is half open
	WhyFallback Why = "fallback" // those before it failed
	WhyRetry    Why = "retry"    // the same once more
	WhyCheaper  Why = "cheaper"  // the budget does not allow the one before
	WhyLarger   Why = "larger"   // the request is too long for the model that was asked for
	WhyHedge    Why = "hedge"    // the first token was late
	WhyRescue   Why = "rescue"   // it goes on with an answer that broke off
)
