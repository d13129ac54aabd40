package catalog

import (
	"net/url"
	"strings"
)

// Family is who trained a model; the badge in the interface.
type Family string

// The families that have a badge of their own.
const (
	OpenAI    Family = "openai"
	Anthropic Family = "anthropic"
	Google    Family = "google"
	DeepSeek  Family = "deepseek"
	Meta      Family = "meta"
	Mistral   Family = "mistral"
	Qwen      Family = "qwen"
	Other     Family = "other"
)

// marks are how the names of a family begin, after any "maker/".
var marks = []struct {
	family Family
	names  []string
}{
	{OpenAI, []string{"gpt", "chatgpt", "o1", "o3", "o4", "codex", "text-embedding", "davinci", "babbage"}},
	{Anthropic, []string{"claude"}},
	{Google, []string{"gemini", "gemma", "palm", "codegemma"}},
	{DeepSeek, []string{"deepseek"}},
	{Meta, []string{"llama", "meta-llama", "codellama"}},
	{Mistral, []string{"mistral", "mixtral", "ministral", "codestral", "magistral", "devstral", "pixtral"}},
	{Qwen, []string{"qwen", "qwq", "qvq"}},
}

// FamilyOf guesses from a model's id, also of one that is not in the catalogue.
func FamilyOf(id string) Family {
	name := strings.ToLower(id[strings.LastIndexByte(id, '/')+1:])
	for _, m := range marks {
		for _, prefix := range m.names {
			rest, ok := strings.CutPrefix(name, prefix)
			if ok && endsWord(prefix, rest) {
				return m.family
			}
		}
	}
	return Other
}

// endsWord keeps "o1" from matching "o1ive": after a short mark no letter may
// follow.
func endsWord(prefix, rest string) bool {
	return len(prefix) > 2 || rest == "" || rest[0] < 'a' || rest[0] > 'z'
}

// hosts are the endpoints whose list prices the catalogue holds.
var hosts = map[string]string{
	"api.openai.com":                    "openai",
	"api.anthropic.com":                 "anthropic",
	"generativelanguage.googleapis.com": "google",
	"api.deepseek.com":                  "deepseek",
	"api.mistral.ai":                    "mistral",
	"api.llama.com":                     "meta",
	"api.cohere.com":                    "cohere",
	"api.jina.ai":                       "jina",
	"api.x.ai":                          "xai",
	"api.moonshot.ai":                   "moonshot",
	"api.moonshot.cn":                   "moonshot",
	"api.minimax.io":                    "minimax",
}

// ProviderOf names the seller behind an endpoint, as Cost wants it, or is
// "custom" for one whose prices are not known here.
func ProviderOf(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil {
		return "custom"
	}
	if name, ok := hosts[strings.ToLower(u.Hostname())]; ok {
		return name
	}
	return "custom"
}
