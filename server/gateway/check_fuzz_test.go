package gateway

import "testing"

func FuzzChecks(f *testing.F) {
	for _, seed := range []string{`{"messages":[{"role":"user"}]}`, `{"input":["a",[1,2],3]}`, `{"input":[[]]}`, `{"input":null,"encoding_format":7}`, `[`, ``, `{"messages":[null]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		_ = checkChat(body)
		_ = checkEmbeddings(body)
	})
}
