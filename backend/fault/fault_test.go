package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"nexusai/backend/fault"
)

func TestErrorNeverShowsTheCause(t *testing.T) {
	t.Parallel()
	secret := errors.New("dial postgres://user:hunter2@db")
	f := fault.New(fault.Unavailable, "The database is away.", secret)
	wrapped := fmt.Errorf("load user: %w", f)
	for _, text := range []string{f.Error(), fmt.Sprintf("%v", f), fmt.Sprintf("%+v", f.LogValue()), wrapped.Error()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%q leaks the cause", text)
		}
	}
	if !errors.Is(wrapped, secret) {
		t.Error("the cause cannot be reached with errors.Is")
	}
	if !strings.Contains(fault.Cause(wrapped), "hunter2") {
		t.Error("the log does not see the cause")
	}
}

func TestFromWrapsUnknownErrors(t *testing.T) {
	t.Parallel()
	if fault.From(nil) != nil {
		t.Error("From(nil) is not nil")
	}
	if got := fault.CodeOf(errors.New("boom")); got != fault.Internal {
		t.Errorf("unknown error has code %q", got)
	}
	if !errors.Is(fmt.Errorf("x: %w", fault.New(fault.NotFound, "", nil)), fault.New(fault.NotFound, "other", nil)) {
		t.Error("two faults of one code differ for errors.Is")
	}
}
