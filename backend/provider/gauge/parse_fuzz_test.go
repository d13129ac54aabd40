package gauge // parse is not exported: a page of metrics is read nowhere else

import "testing"

func FuzzParse(f *testing.F) {
	f.Add([]byte("vllm:num_requests_waiting{engine=\"0\",x=\"}\\\"\"} 2.0 1700000000\n"))
	f.Add([]byte("llamacpp:requests_deferred 1e400\n#\n{\n vllm:kv_cache_usage_perc{ 1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		m := parse(body)
		if m.Waiting < 0 || m.Waiting > maxRequests || m.Running < 0 || m.Running > maxRequests || !(m.Cache >= 0 && m.Cache <= 1) {
			t.Errorf("%q is %+v", body, m)
		}
		if share := busy(body); share < 0 || share > 1 {
			t.Errorf("%q: %v at work", body, share)
		}
	})
}
