package httpapi

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// DescribeStreams writes the two event streams into the document. Hosts mount
// them by hand: they answer server-sent events (WHATWG HTML §9.2) or,
// on the server, a WebSocket on the same path.
//
//	GET /api/chat/stream?run_id=ID&after=SEQ   every RunEvent after SEQ, then those to come, until the run ends
//	GET /api/events                            Hints and the RunEvents of the caller's runs, from now on
//
// Each event's data is one Event; a run event's id is "RUN_ID:SEQ". A comment
// every 15 s keeps proxies from cutting a quiet stream.
func (a *API) DescribeStreams() {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Event](), true, "Event")
	events := map[string]*huma.Response{
		"200": {Description: "server-sent events, one Event each", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: schema}}},
		"401": {Description: "sign in first"},
		"404": {Description: "no such run"},
	}
	text, number := &huma.Schema{Type: huma.TypeString}, &huma.Schema{Type: huma.TypeInteger}
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "stream-run", Method: http.MethodGet, Path: "/api/chat/stream", Tags: []string{"chat"},
		Summary: "Attach to an answer", Responses: events, Security: []map[string][]string{{"bearer": {}}, {"cookie": {}}},
		Parameters: []*huma.Param{{Name: "run_id", In: "query", Required: true, Schema: text}, {Name: "after", In: "query", Schema: number}},
	})
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "stream-events", Method: http.MethodGet, Path: "/api/events", Tags: []string{"chat"},
		Summary: "Everything that changes for the caller", Responses: events, Security: []map[string][]string{{"bearer": {}}, {"cookie": {}}},
	})
}

// Document is the whole contract, both hosts' groups together, as indented
// JSON: the source of the generated client.
func Document() ([]byte, error) {
	a := New(http.NewServeMux(), Config{Log: slog.New(slog.DiscardHandler)})
	RegisterAccounts(a, nil, nil)
	RegisterConversations(a, nil)
	RegisterChat(a, nil, nil, nil)
	RegisterPeople(a, nil)
	RegisterOperations(a, nil)
	RegisterProviders(a, nil)
	RegisterProviderKeys(a, nil)
	RegisterDeployments(a, nil)
	RegisterAliases(a, nil)
	RegisterPrices(a, nil)
	RegisterRoutes(a, nil)
	RegisterBudgets(a, nil)
	RegisterTeams(a, nil)
	RegisterLimits(a, nil)
	RegisterRefusals(a, nil)
	RegisterCosts(a, nil)
	RegisterLogs(a, nil)
	RegisterContents(a, nil)
	RegisterPlayground(a, nil)
	RegisterLocal(a, nil)
	a.DescribeStreams()
	return json.MarshalIndent(a.OpenAPI(), "", "  ")
}
