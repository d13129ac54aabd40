package main

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

const passedOn = "A provider that speaks this interface gets the body byte for byte, but for the model's name, stream_options.include_usage and a missing limit of tokens, which x-nexus-max-output then names. For another it is translated; x-nexus-loss names what could not be carried, and x-nexus-strict: 1 refuses instead. Where the tenant keeps prompts and answers, x-nexus-store: 0 keeps those of this request from being kept. Errors have the vendor's shape. At most 16 MB."

const asAnthropics = "In Anthropic's shape where anthropic-version or x-api-key is sent."

// byHand are the routes outside the generated contract: byte-exact surfaces and
// sync, which a generator does not fit.
var byHand = []struct{ id, method, path, tag, summary, about string }{
	{"v1-list-models", http.MethodGet, "/v1/models", "v1", "Models, as OpenAI lists them", asAnthropics + " Then limit, after_id and before_id choose the page."},
	{"v1-get-model", http.MethodGet, "/v1/models/{id}", "v1", "One model", asAnthropics},
	{"v1-chat", http.MethodPost, "/v1/chat/completions", "v1", "Chat, as OpenAI's API has it", passedOn + " With stream: true the answer is server-sent events."},
	{"v1-complete", http.MethodPost, "/v1/completions", "v1", "Text that goes on, as OpenAI's first API has it", passedOn},
	{"v1-respond", http.MethodPost, "/v1/responses", "v1", "Responses, as OpenAI's API has them", passedOn + " A previous_response_id is good for the key that made it; conversation and background are refused."},
	{"v1-message", http.MethodPost, "/v1/messages", "v1", "Messages, as Anthropic's API has them", passedOn + " The key may come as x-api-key. Errors have Anthropic's shape."},
	{"v1-count", http.MethodPost, "/v1/messages/count_tokens", "v1", "How many tokens a message has", "Where the provider counts, that is the answer; otherwise an estimate: a token for each four bytes of text, four for each message, 1,000 for each image."},
	{"v1-embed", http.MethodPost, "/v1/embeddings", "v1", "Embeddings, as OpenAI's API has them", "encoding_format is float or base64. A prefix that a model wants (query: , passage: ) is the caller's to write."},
	{"v1-rerank", http.MethodPost, "/v1/rerank", "v1", "Documents in the order of how well they answer a query", "As Cohere, Jina and vLLM have it."},
	{"v1-transcribe", http.MethodPost, "/v1/audio/transcriptions", "v1", "Sound to text, as OpenAI's API has it", "A form with at most 25 MB of sound. response_format is json, text, srt, verbose_json, vtt or diarized_json. With stream: true the first two and the last come as OpenAI's events; from a provider that has none, as one delta and the end."},
	{"v1-speak", http.MethodPost, "/v1/audio/speech", "v1", "Text to sound, as OpenAI's API has it", "The sound comes while it is spoken. One that breaks off has no proper end: the connection is cut. stream_format: sse is for providers that have it."},
	{"sync-push", http.MethodPost, "/api/sync/push", "sync", "Bring a device's changes", "At most 256 operations or 1 MB; see sync/wire."},
	{"sync-pull", http.MethodGet, "/api/sync/pull", "sync", "Get what others changed", "A scope's log after a cursor; see sync/wire."},
	{"sync-live", http.MethodGet, "/api/sync/live", "sync", "Hints that a scope has moved", "A WebSocket, or server-sent events where the client accepts only those."},
	{"healthz", http.MethodGet, "/healthz", "operation", "The process runs", ""},
	{"readyz", http.MethodGet, "/readyz", "operation", "The server can serve", ""},
	{"metrics", http.MethodGet, "/metrics", "operation", "Figures for Prometheus", "For who runs the server: from this machine, or with the token in metrics_token_file."},
}

// describe writes them into the document that /openapi.json and /docs show.
func describe(doc *huma.OpenAPI) {
	for _, r := range byHand {
		op := &huma.Operation{
			OperationID: r.id, Method: r.method, Path: r.path, Tags: []string{r.tag}, Summary: r.summary, Description: r.about,
			Responses: map[string]*huma.Response{"200": {Description: "as described"}, "default": {Description: "an error"}},
		}
		if r.tag != "operation" {
			op.Security = []map[string][]string{{"bearer": {}}}
			op.Responses["401"] = &huma.Response{Description: "a key or a session is missing"}
		}
		if r.method == http.MethodPost {
			kind := "application/json"
			if r.id == "v1-transcribe" {
				kind = "multipart/form-data"
			}
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeObject}}}}
		}
		if r.path == "/v1/models/{id}" {
			op.Parameters = []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}}
		}
		doc.AddOperation(op)
	}
}
