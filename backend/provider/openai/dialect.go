package openai

import (
	"net/url"
	"strings"

	"nexusai/backend/llm"
)

// Dialect is how an endpoint differs from OpenAI's own. It is data: what it does
// not take is left out of a translated request and named by Losses. Bytes that
// are passed on are not touched by it.
type Dialect struct {
	Name  string
	Wires map[llm.Wire]string // what it speaks, and where below BaseURL

	KeyHeader string // default "Authorization"; then the key comes after "Bearer "
	RequestID string // the header with its own id; default "X-Request-Id"
	Query     string // for every path
	// PerDeployment puts "/deployments/" and the model's name before the path.
	PerDeployment bool
	// ModelList is the path of the list of models; default "/models". ListsAtRoot
	// has it beside the API rather than below it, Listless nowhere.
	ModelList             string
	ListsAtRoot, Listless bool

	Takes    Takes
	Limit    string // the member for MaxTokens; default "max_tokens", which everybody knows
	Seed     string // the member for Seed; default "seed"
	MustCall string // the tool_choice that means ToolsRequired; default "required"
	Schema   SchemaStyle
	Effort   EffortStyle
	Thoughts ThoughtStyle
	Prefill  PrefillStyle
	Rerank   RerankStyle
	// OneCall has the client do one thing at a time and let others wait; no bytes
	// are passed on.
	OneCall bool
	// HangsUp: it closes a connection after a stream and does not say so; each
	// request has one of its own, or the next would fall into the closed one.
	HangsUp bool
}

// Takes is a set of what a request may hold.
type Takes uint

// What differs between endpoints.
const (
	TakesTopK Takes = 1 << iota
	TakesSeed
	TakesPenalties
	TakesChoices
	TakesUser
	TakesNames       // of who speaks in a message
	TakesOneAtATime  // parallel_tool_calls
	TakesStrict      // tools whose arguments must follow their schema
	TakesToolChoice  // tool_choice at all
	TakesNamedTool   // tool_choice with one tool
	TakesImageURLs   // it fetches pictures itself, from outside our network
	TakesStreamUsage // stream_options; others send usage anyway, or refuse it
)

// everything is what an endpoint takes of which nothing else is known.
const everything = TakesTopK | plain

// plain is what OpenAI's own endpoint takes.
const plain = TakesSeed | TakesPenalties | TakesChoices | TakesUser | TakesNames | TakesOneAtATime | TakesStrict |
	TakesToolChoice | TakesNamedTool | TakesImageURLs | TakesStreamUsage

func (t Takes) has(one Takes) bool { return t&one != 0 }

// SchemaStyle is how an answer that follows a schema is asked for.
type SchemaStyle int

// Native is response_format json_schema; Prompted is json_object and the schema
// in words, which the model may disregard.
const (
	SchemaNative SchemaStyle = iota
	SchemaPrompted
)

// EffortStyle is how long to think is said.
type EffortStyle int

// The ways.
const (
	EffortMember   EffortStyle = iota // reasoning_effort
	EffortUnsaid                      // not at all
	EffortThinking                    // DeepSeek: thinking.type turns it off, reasoning_effort
	EffortTemplate                    // enable_thinking for the chat template: on or off
)

// ThoughtStyle is whether what a model thought goes back to it.
type ThoughtStyle int

// The ways.
const (
	ThoughtsStay     ThoughtStyle = iota // never
	ThoughtsOfCalls                      // with tool calls, where leaving it out is an error
	ThoughtsTemplate                     // always: the chat template knows which count
)

// PrefillStyle is how an assistant message at the end is marked as one to go on
// with.
type PrefillStyle int

// The ways. PrefillPlain needs no mark, or has none.
const (
	PrefillPlain    PrefillStyle = iota
	PrefillMember                // Mistral: "prefix": true
	PrefillContinue              // vLLM: continue_final_message
	PrefillEchoed                // llama.cpp: no mark, and the answer begins with what was there
)

// openAIWires are where the wires are on a server that has all of them.
func openAIWires(has ...llm.Wire) map[llm.Wire]string {
	all := map[llm.Wire]string{
		llm.OpenAIChat: "/chat/completions", llm.OpenAICompletions: "/completions", llm.OpenAIResponses: "/responses",
		llm.OpenAIEmbeddings: "/embeddings", llm.Rerank: "/rerank",
		llm.OpenAITranscribe: "/audio/transcriptions", llm.OpenAITranscribeEvents: "/audio/transcriptions",
		llm.OpenAISpeech: "/audio/speech", llm.OpenAISpeechEvents: "/audio/speech",
	}
	some := make(map[llm.Wire]string, len(has))
	for _, w := range has {
		some[w] = all[w]
	}
	return some
}

// DialectOf guesses from the address, for endpoints of which nothing else is said.
func DialectOf(baseURL string) Dialect {
	u, err := url.Parse(baseURL)
	if err != nil {
		return Any()
	}
	host := strings.ToLower(u.Hostname())
	switch host {
	case "api.openai.com":
		return OpenAI()
	case "api.deepseek.com":
		return DeepSeek()
	case "api.mistral.ai", "codestral.mistral.ai":
		return Mistral()
	case "api.llama.com":
		return Meta()
	}
	if strings.HasSuffix(host, ".openai.azure.com") {
		return Azure(baseURL, "")
	}
	return Any()
}

func (d Dialect) filled() Dialect {
	for _, field := range []struct {
		at    *string
		usual string
	}{{&d.Limit, "max_tokens"}, {&d.Seed, "seed"}, {&d.MustCall, "required"}, {&d.ModelList, "/models"}} {
		if *field.at == "" {
			*field.at = field.usual
		}
	}
	return d
}

// path of a wire; model counts where deployments have addresses of their own.
func (d Dialect) path(w llm.Wire, model string) string {
	path := d.Wires[w]
	if d.PerDeployment && path != "" {
		return "/deployments/" + url.PathEscape(model) + path
	}
	return path
}
