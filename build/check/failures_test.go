package check

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// failures are what gateways of others were reported for in public, each with
// the tests that would catch it here, as "file name".
var failures = map[string][]string{
	"budget checked, then spent: race (litellm 34732)":        {"server/budget/budget_test.go TestNobodyOverspends", "server/budget/budget_test.go TestTheRace"},
	"counters differ from the ledger (litellm 40050, 36926)":  {"server/ledger/verify_test.go TestAnHonestLedgerVerifies", "server/ledger/verify_test.go TestWhatWasTamperedWithDoesNot", "server/calllog/cost_test.go TestCostsAreThoseOfTheLedger"},
	"limits per process only (litellm 27736)":                 {"server/limit/lease_test.go TestLeases", "server/limit/redis_test.go TestRedis"},
	"cached tokens billed twice (litellm 9812, 14849)":        {"backend/catalog/price_test.go TestVendorsExamples", "backend/provider/anthropic/conformance_test.go TestConformance", "backend/provider/gemini/conformance_test.go TestConformance", "backend/provider/openai/conformance_test.go TestConformance"},
	"unpriced model costs nothing":                            {"server/admission/admission_test.go TestCallsWithoutAPriceFollowThePolicy"},
	"cumulative stream usage summed (langfuse 8808)":          {"backend/provider/openai/inspector_test.go TestRunningTotalsAreNotSummed"},
	"client leaves, upstream bills on (new-api 4186)":         {"backend/broker/gate_test.go TestWhoLeavesFreesTheProviderAndSettles", "server/gateway/forward_test.go TestACallerWhoLeavesFreesTheProvider"},
	"aborted stream billed on a guess (new-api 4168)":         {"backend/broker/wires_test.go TestWhatIsCountedBeforeTheEndIsOfAPart", "server/ledger/verify_test.go TestAnInvoiceCorrectsOnlyWhatWeEstimated"},
	"fallback dead once the stream is open (litellm 40404)":   {"backend/broker/fault_stream_test.go TestFaultCutAfter40Tokens", "backend/broker/wires_test.go TestStreamsOfEveryWireAreRescued"},
	"cut stream reported as success (Portkey 1797)":           {"server/gateway/forward_test.go TestACutStreamIsNoSuccess", "backend/broker/fault_stream_test.go TestFaultMissingEndMarker"},
	"tool calls broken in translation (bifrost 3511)":         {"backend/surface/matrix_test.go TestEverySurfaceReachesEveryProvider"},
	"200 with no bytes":                                       {"backend/broker/fault_test.go TestFaultEmpty200", "backend/broker/fault_test.go TestFaultEmpty200WithNobodyElse"},
	"sealed reasoning lost (aiproxy 450)":                     {"backend/surface/messages/encode_test.go TestForeignSealsAreCarried", "backend/surface/bytes_test.go TestTheSameWirePassesByteForByte"},
	"prompt cache destroyed by rewriting (CLIProxyAPI 5557)":  {"backend/surface/bytes_test.go TestTheSameWirePassesByteForByte"},
	"keys in errors or logs (litellm 15799, 8075)":            {"backend/provider/openai/failure_test.go TestTheKeyIsShownNowhere", "build/e2e/test_canaries.py test_nothing_secret_is_written_down"},
	"one 429 benches a whole pool of keys (CLIProxyAPI 3975)": {"backend/broker/fault_test.go TestFault429BenchesOneKeyForOneModel"},
	"a cache serves another tenant":                           {"server/cache/cache_test.go TestOthersGetAnswersOfTheirOwn"},
	"log tables that grow without bound (bifrost 1665)":       {"server/store/partition_test.go TestPartitionsComeAndGo", "server/store/partition_test.go TestEveryLogHasAnEnd"},
	"400 or 500 for a bad key, 400 for an unknown model":      {"build/e2e/test_openai_client.py test_a_bad_key_is_an_authentication_error", "build/e2e/test_openai_client.py test_an_unknown_model_is_not_found"},
	"no retry-after on a 429, no request id":                  {"build/e2e/test_openai_wires.py test_errors_of_the_provider_have_their_class"},
	"choices in the usage chunk":                              {"build/e2e/test_openai_wires.py test_streams_with_usage"},
	"finish reasons of several streamed answers":              {"backend/provider/openai/inspector_test.go TestInspectorWantsAFinishReasonForEachAnswer", "backend/surface/chat/encode_test.go TestAStreamReadsBack"},
	"user dropped": {"server/gateway/forward_test.go TestStreamPassesThroughByteForByte", "backend/provider/openai/dialect_test.go TestDialects", "backend/provider/openai/failure_test.go TestEmbed"},
	"dimensions dropped for models of one's own":    {"build/e2e/test_openai_wires.py test_embeds", "backend/provider/openai/failure_test.go TestEmbed"},
	"no transcription as text":                      {"backend/surface/audio/audio_test.go TestTranscribesInEveryFormat"},
	"500 for a bad input of /responses":             {"build/e2e/test_openai_wires.py test_errors_of_ours_have_their_class"},
	"upstream not cancelled when the client leaves": {"build/e2e/test_openai_wires.py test_leaving_a_stream_frees_the_provider", "build/e2e/test_openai_wires.py test_a_client_that_times_out_frees_the_provider"},
}

var place = regexp.MustCompile(`^(\S+) (\w+)$`)

func TestEveryPublicFailureHasATest(t *testing.T) {
	t.Parallel()
	for failure, tests := range failures {
		for _, one := range tests {
			at := place.FindStringSubmatch(one)
			text, err := os.ReadFile(filepath.Join(root, at[1]))
			if err != nil || !regexp.MustCompile(`(?m)^(func|def) `+at[2]+`\(`).Match(text) {
				t.Errorf("%s: there is no %s (%v)", failure, one, err)
			}
		}
	}
}
