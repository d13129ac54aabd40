package gauge

import (
	"bytes"
	"math"
	"strconv"
)

// metrics are what was found in an engine's page of metrics.
type metrics struct {
	Reading
	known    bool // at least one of the names was there
	hasCache bool
}

// maxRequests bounds what an engine may claim.
const maxRequests = 1 << 20

// parse reads the Prometheus text format as far as the few names go that vLLM,
// SGLang and llama.cpp have. An engine of several parts says each once: requests
// are added up, of caches the fullest counts.
func parse(body []byte) metrics {
	var m metrics
	for line := range bytes.Lines(body) {
		name, value, ok := sample(line)
		if !ok {
			continue
		}
		switch name {
		case "vllm:num_requests_waiting", "llamacpp:requests_deferred", "sglang:num_queue_reqs":
			m.Waiting = min(m.Waiting+whole(value), maxRequests)
			m.known = true
		case "vllm:num_requests_running", "llamacpp:requests_processing", "sglang:num_running_reqs":
			m.Running = min(m.Running+whole(value), maxRequests)
			m.known = true
		case "vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "llamacpp:kv_cache_usage_ratio", "sglang:token_usage":
			m.Cache = max(m.Cache, min(max(value, 0), 1))
			m.known, m.hasCache = true, true
		}
	}
	return m
}

func whole(value float64) int { return int(min(max(value, 0), maxRequests)) }

// sample is one line: name{labels} value, and perhaps a time.
func sample(line []byte) (name string, value float64, ok bool) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] == '#' {
		return "", 0, false
	}
	end := bytes.IndexAny(line, "{ \t")
	if end < 0 {
		return "", 0, false
	}
	name, rest := string(line[:end]), line[end:]
	if rest[0] == '{' {
		if rest = afterLabels(rest); rest == nil {
			return "", 0, false
		}
	}
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return "", 0, false
	}
	value, err := strconv.ParseFloat(string(fields[0]), 64)
	return name, value, err == nil && !math.IsNaN(value)
}

// afterLabels skips {name="value",…}, in which values may hold braces.
func afterLabels(rest []byte) []byte {
	quoted := false
	for i := 1; i < len(rest); i++ {
		switch {
		case quoted && rest[i] == '\\':
			i++
		case rest[i] == '"':
			quoted = !quoted
		case !quoted && rest[i] == '}':
			return rest[i+1:]
		}
	}
	return nil
}
