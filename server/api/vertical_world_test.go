package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"github.com/google/uuid"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/egress"
	"nexusai/backend/httpapi"
	up "nexusai/backend/provider/openai/openaitest"
	"nexusai/server/api"
	"nexusai/server/calllog"
	"nexusai/server/content"
	"nexusai/server/fleet"
	"nexusai/server/identity"
	"nexusai/server/playground"
	"nexusai/server/replication"
	"nexusai/server/route"
	"nexusai/server/run"
	"nexusai/server/secret"
	"nexusai/server/stream"
)

// vertical is a world whose server also chats, logs and has providers.
type vertical struct {
	*world
	upstream *up.Upstream
	runs     *run.Runs
	contents *content.Book
}

func newVertical(t *testing.T, scripts ...[]up.Act) *vertical {
	t.Helper()
	v := &vertical{world: newWorld(t), upstream: up.Serve(t, scripts...)}
	log := slog.New(slog.DiscardHandler)
	keys, err := secret.Load(secret.Config{Dir: t.TempDir()})
	v.must(err)
	known, err := catalog.Load()
	v.must(err)
	out, err := egress.New(egress.Config{Allow: []string{"127.0.0.0/8"}})
	v.must(err)
	bus := stream.New(stream.Config{})
	providers, err := fleet.New(fleet.Config{DB: v.db, Keys: keys, Catalog: known, Egress: out, Log: log, Hint: bus.HintTenant})
	v.must(err)
	models, err := broker.New(broker.Config{Routes: providers, Log: log})
	v.must(err)
	calls, err := calllog.Open(calllog.Config{DB: v.db, Dir: t.TempDir(), Log: log, Hint: bus.HintTenant})
	v.must(err)
	v.contents, err = content.Open(content.Config{DB: v.db, Keys: keys, Dir: t.TempDir(), Log: log})
	v.must(err)
	asked := &content.Chats{Next: models, Book: v.contents, Calls: calls}
	hub, err := replication.New(replication.Config{DB: v.db, Log: log})
	v.must(err)
	v.runs, err = run.New(run.Config{DB: v.db, Threads: hub, Broker: asked, Fleet: providers, Bus: bus, Calls: calls, Log: log, Owner: uuid.NewString()})
	v.must(err)

	mux := http.NewServeMux()
	contract := httpapi.New(mux, httpapi.Config{Auth: v.svc.Authenticator(), Log: log})
	httpapi.RegisterAccounts(contract, api.Accounts{Identity: v.svc}, identity.Jar{})
	httpapi.RegisterConversations(contract, api.Conversations{Hub: hub, Runs: v.runs, Bus: bus})
	httpapi.RegisterChat(contract, api.Chat{Runs: v.runs}, api.Models{Fleet: providers, Contents: v.contents}, api.Usage{DB: v.db})
	operations := api.Operations{Calls: calls, Contents: v.contents}
	httpapi.RegisterOperations(contract, operations)
	httpapi.RegisterLogs(contract, operations)
	httpapi.RegisterContents(contract, api.Contents{Book: v.contents})
	httpapi.RegisterCosts(contract, operations)
	httpapi.RegisterRefusals(contract, operations)
	trials, err := playground.New(playground.Config{Broker: asked, Fleet: providers, Calls: calls, Revocations: v.svc.Authenticator()})
	v.must(err)
	httpapi.RegisterPlayground(contract, trials)
	fleetOf := api.Providers{Fleet: providers, Broker: models}
	httpapi.RegisterProviders(contract, fleetOf)
	httpapi.RegisterProviderKeys(contract, fleetOf)
	httpapi.RegisterDeployments(contract, fleetOf)
	httpapi.RegisterAliases(contract, fleetOf)
	httpapi.RegisterPrices(contract, fleetOf)
	routes, err := route.New(models, providers)
	v.must(err)
	httpapi.RegisterRoutes(contract, routes)
	old := v.handler
	v.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern == "" {
			old.ServeHTTP(w, r)
			return
		}
		v.svc.Authenticator().Middleware(mux).ServeHTTP(w, r)
	})
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = calls.Run(ctx) })
	done.Go(func() { _ = v.contents.Run(ctx) })
	done.Go(func() { _ = v.runs.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return v
}

// provider gives acme the scripted upstream with the model "m".
func (v *vertical) provider() httpapi.Provider {
	v.t.Helper()
	name, url := "Scripted", v.upstream.URL
	return decode[httpapi.Provider](v.call(v.acme.owner, "POST", "/api/admin/providers", httpapi.ProviderInput{
		Name: &name, BaseURL: &url, Models: []httpapi.ProviderModel{{ID: "m", Upstream: "m", Kind: "chat"}},
	}).want(201))
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
