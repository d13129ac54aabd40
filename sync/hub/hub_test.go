package hub_test

import (
	"testing"

	"nexusai/sync/hub"
	"nexusai/sync/hub/hubtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	hubtest.Run(t, func(*testing.T) hubtest.Store { return hub.NewMemory() })
}
