package openai_test

import (
	"testing"

	"nexusai/backend/provider/providertest"
)

func FuzzStream(f *testing.F) { providertest.Fuzz(f, adapter()) }
