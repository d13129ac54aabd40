package fleet

import (
	"context"
	"fmt"

	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
)

// States of a provider, as the console shows them.
const (
	ready    = "ready"
	starting = "starting"
	unready  = "unready"
	disabled = "disabled"
	untested = "untested"
)

func (f *Fleet) state(p *vendor) (state, detail string) {
	keys, others := p.usable()
	switch {
	case !p.enabled:
		return disabled, ""
	case p.kind == kindLocal:
		return f.engineState()
	case p.broken != nil:
		return unready, "Its address cannot be used."
	case others && len(keys) == 0:
		return unready, "None of its keys can be used. Enter one again or enable one."
	case p.testedOK == nil:
		return untested, ""
	case !*p.testedOK:
		return unready, p.testedDetail
	}
	return ready, ""
}

// engineState is the worst of the local engine's parts.
func (f *Fleet) engineState() (state, detail string) {
	if f.Local == nil {
		return unready, "This server runs without an engine of its own."
	}
	state = ready
	for _, m := range f.Local.Models() {
		one, why := modelState(m.State)
		if one == unready || (one == starting && state == ready) {
			state, detail = one, why
		}
	}
	return state, detail
}

// modelState says whether a model can be asked. A stopped engine can: the
// first request starts it.
func modelState(s llamacpp.State) (state, detail string) {
	switch s.Phase {
	case llamacpp.Ready, llamacpp.Stopped:
		return ready, s.Note
	case llamacpp.Starting:
		return starting, "The model is being loaded."
	case llamacpp.Building:
		return starting, "The engine is being built" + progress(s)
	case llamacpp.Fetching:
		return starting, "The model is being fetched" + progress(s)
	case llamacpp.Absent:
		return unready, "The engine or its model is not on the server. Run make setup there."
	}
	if s.Err != nil {
		return unready, fault.From(s.Err).Safe
	}
	return unready, "The engine does not start."
}

// Coming is nil when a model can be asked now, and also when it is not known:
// asking tells why. Otherwise only the local engine serves the model, and that
// is minutes away: fault.ModelUnready, or why it could not be fetched.
func (f *Fleet) Coming(ctx context.Context, model string) error {
	caller, err := httpapi.MustCaller(ctx)
	if err != nil {
		return err
	}
	s, err := f.snapshot(ctx, caller.TenantID)
	if err != nil {
		return err
	}
	var wait error
	for _, o := range f.live(s, model) {
		if o.p.kind != kindLocal {
			return nil
		}
		if err := f.Local.Coming(o.d.model); err != nil {
			wait = err
		}
	}
	return wait
}

func progress(s llamacpp.State) string {
	if s.Total <= 0 {
		return "."
	}
	return fmt.Sprintf(": %d %%.", 100*s.Done/s.Total)
}
