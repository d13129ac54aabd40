package replica_test

import (
	"testing"

	"nexusai/sync/replica"
	"nexusai/sync/replica/replicatest"
)

// TestMemory compares the model with a second copy of itself: it finds what is
// not the same twice.
func TestMemory(t *testing.T) {
	t.Parallel()
	replicatest.Run(t, func(*testing.T) replica.Store { return replica.NewMemory() })
}
