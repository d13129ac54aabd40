package catalog // parse is not exported: people cannot hand in a list of their own

import "testing"

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"m":{"mode":"chat","input_cost_per_token":2.8e-09,"max_input_tokens":8192.0,"deprecation_date":"2026-02-19"}}`))
	f.Add([]byte(`{"m":{"mode":"chat","input_cost_per_token":1e999999999}}`))
	f.Add([]byte(`{"m":{"mode":"chat","input_cost_per_token":-1,"output_cost_per_token":1e-30}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		models, err := parse(data)
		if err != nil {
			return
		}
		for _, m := range models {
			for _, p := range m.Prices {
				if min(p.InputNano, p.OutputNano, p.CachedNano, p.CacheWriteNano, p.AudioInNano, p.AudioOutNano, p.CharNano, p.MinuteNano, p.ImageNano, p.SearchNano) < 0 || max(p.InputNano, p.CharNano, p.MinuteNano, p.SearchNano) == 0 {
					t.Errorf("%s has the price %+v", m.ID, p)
				}
			}
		}
	})
}
