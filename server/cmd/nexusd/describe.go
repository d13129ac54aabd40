package main

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// byHand are the routes outside the generated contract: byte-exact surfaces and
// sync, which a generator does not fit.
var byHand = []struct{ id, method, path, tag, summary, about string }{
	{"v1-list-models", http.MethodGet, "/v1/models", "v1", "Models, as OpenAI lists them", ""},
	{"v1-get-model", http.MethodGet, "/v1/models/{id}", "v1", "One model", ""},
	{"v1-chat", http.MethodPost, "/v1/chat/completions", "v1", "Chat, as OpenAI's API has it", "The body goes to the provider byte for byte, but for the model's name. With stream: true the answer is server-sent events. Errors have OpenAI's shape. At most 8 MB."},
	{"v1-embed", http.MethodPost, "/v1/embeddings", "v1", "Embeddings, as OpenAI's API has them", "encoding_format is float or base64. A prefix that a model wants (query: , passage: ) is the caller's to write."},
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
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}}}
		}
		if r.path == "/v1/models/{id}" {
			op.Parameters = []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}}
		}
		doc.AddOperation(op)
	}
}
