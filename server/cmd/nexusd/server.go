package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"nexusai/backend/broker"
	"nexusai/backend/catalog"
	"nexusai/backend/egress"
	"nexusai/backend/fault"
	"nexusai/backend/httpapi"
	"nexusai/backend/llamacpp"
	"nexusai/backend/provider/gauge"
	"nexusai/backend/provider/picture"
	"nexusai/frontend"
	"nexusai/server/admission"
	"nexusai/server/api"
	"nexusai/server/audit"
	"nexusai/server/budget"
	"nexusai/server/cache"
	"nexusai/server/calllog"
	"nexusai/server/console"
	"nexusai/server/content"
	"nexusai/server/edge"
	"nexusai/server/fleet"
	"nexusai/server/gateway"
	"nexusai/server/identity"
	"nexusai/server/job"
	"nexusai/server/ledger"
	"nexusai/server/limit"
	"nexusai/server/playground"
	"nexusai/server/replication"
	"nexusai/server/response"
	"nexusai/server/route"
	"nexusai/server/run"
	"nexusai/server/secret"
	"nexusai/server/store"
	"nexusai/server/store/database"
	"nexusai/server/stream"
)

// server is everything that runs in this process.
type server struct {
	settings settings
	log      *slog.Logger
	ready    func(context.Context) error
	db       *store.DB
	metrics  *prometheus.Registry
	draining chan struct{} // closed when the server begins to end

	edge      *edge.Edge
	bus       *stream.Bus
	identity  *identity.Service
	trail     *audit.Trail
	hub       *replication.Hub
	engine    *llamacpp.Host // nil: none here
	rules     *limit.Book
	limiter   *limit.Limiter
	sharing   string // how limits are shared: process, redis or postgres
	fleet     *fleet.Fleet
	gauges    *gauge.Board
	calls     *calllog.Book
	contents  *content.Book
	chats     *content.Chats
	budgets   *budget.Budgets
	broker    *broker.Broker
	runs      *run.Runs
	responses *response.Book
	jobs      *job.Runner
}

// newServer builds the graph over an open database. It starts nothing.
func newServer(s settings, db *database.Database, log *slog.Logger) (*server, error) {
	srv := &server{
		settings: s, log: log, ready: db.Ready, db: db.Store(), metrics: prometheus.NewRegistry(),
		draining: make(chan struct{}), bus: stream.New(stream.Config{}),
	}
	srv.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, build := range []func() error{srv.people, srv.limits, srv.models, srv.money, srv.records, srv.periodic} {
		if err := build(); err != nil {
			return nil, err
		}
	}
	return srv, nil
}

func (srv *server) people() (err error) {
	keys, err := srv.keyring()
	if err != nil {
		return err
	}
	proxies, err := srv.settings.proxies()
	if err != nil {
		return err
	}
	srv.identity, err = identity.New(identity.Config{
		DB: srv.db, Secrets: keys, Log: srv.log, Hints: notices{srv.bus}, PublicURL: srv.settings["public_url"].text, Proxies: proxies,
	})
	if err != nil {
		return err
	}
	away, err := srv.settings.away()
	if err != nil {
		return err
	}
	if srv.trail, err = audit.New(audit.Config{DB: srv.db, Dir: srv.settings["data"].text, Away: away, Log: srv.log}); err != nil {
		return err
	}
	srv.edge, err = edge.New(edge.Config{Log: srv.log, Metrics: srv.metrics, Refuse: refuse})
	return err
}

// refuse says no before any route does: under /v1 in its clients' words.
func refuse(w http.ResponseWriter, r *http.Request, f *fault.Fault) {
	if gateway.Mine(r) {
		gateway.Refuse(w, r, f)
		return
	}
	httpapi.WriteProblem(w, f)
}

func (srv *server) keyring() (*secret.Keyring, error) {
	return secret.Load(secret.Config{File: srv.settings["master_key_file"].text, Dir: srv.settings["data"].text})
}

func (srv *server) models() (err error) {
	if srv.engine, err = newEngine(srv.settings, srv.log); err != nil {
		return err
	}
	keys, err := srv.keyring()
	if err != nil {
		return err
	}
	known, err := catalog.Load()
	if err != nil {
		return err
	}
	outgoing, err := egress.New(egress.Config{Allow: srv.settings.list("allow_net")})
	if err != nil {
		return err
	}
	public, err := egress.New(egress.Config{}) // what the operator allows for providers is not for callers to name
	if err != nil {
		return err
	}
	pictures, err := picture.New(picture.Config{Door: public})
	if err != nil {
		return err
	}
	if srv.gauges, err = gauge.New(gauge.Config{Log: srv.log}); err != nil {
		return err
	}
	cfg := fleet.Config{
		DB: srv.db, Keys: keys, Catalog: known, Egress: outgoing, Pictures: pictures, Gauges: srv.gauges, Log: srv.log, Hint: srv.bus.HintTenant,
	}
	if srv.engine != nil {
		cfg.Local = srv.engine
	}
	srv.fleet, err = fleet.New(cfg)
	return err
}

// money is what every model call passes: the log, the budgets, and the broker
// behind them.
func (srv *server) money() (err error) {
	srv.calls, err = calllog.Open(calllog.Config{
		DB: srv.db, Dir: filepath.Join(srv.settings["data"].text, "calls"), Log: srv.log, Hint: srv.bus.HintTenant, Metrics: srv.metrics,
		Spent: func(ctx context.Context, tx pgx.Tx, tenantID string, fresh []ledger.Entry) error {
			return srv.budgets.Spent(ctx, tx, tenantID, fresh)
		},
		Closed: func(ctx context.Context, lives []string) error { return srv.budgets.Close(ctx, lives) },
	})
	if err != nil {
		return err
	}
	srv.budgets, err = budget.New(budget.Config{DB: srv.db, Log: srv.log, Life: srv.calls.Life(), Hint: srv.bus.HintTenant})
	if err != nil {
		return err
	}
	gate, err := admission.New(admission.Config{Calls: srv.calls, Budgets: srv.budgets, Prices: srv.fleet, Log: srv.log})
	if err != nil {
		return err
	}
	srv.broker, err = broker.New(broker.Config{Routes: srv.fleet, Gate: limit.Gate{Limits: srv.limiter, Next: gate}, Log: srv.log})
	return err
}

func (srv *server) records() (err error) {
	keys, err := srv.keyring()
	if err != nil {
		return err
	}
	if srv.responses, err = response.New(response.Config{DB: srv.db, Keys: keys}); err != nil {
		return err
	}
	srv.contents, err = content.Open(content.Config{
		DB: srv.db, Keys: keys, Dir: filepath.Join(srv.settings["data"].text, "contents"), Log: srv.log, Hint: srv.bus.HintTenant, Metrics: srv.metrics,
	})
	if err != nil {
		return err
	}
	srv.chats = &content.Chats{Next: srv.broker, Book: srv.contents, Calls: srv.calls}
	if srv.hub, err = replication.New(replication.Config{DB: srv.db, Log: srv.log}); err != nil {
		return err
	}
	owner, err := instance(srv.settings["data"].text)
	if err != nil {
		return err
	}
	srv.runs, err = run.New(run.Config{
		DB: srv.db, Threads: srv.hub, Broker: srv.chats, Fleet: srv.fleet, Bus: srv.bus, Calls: srv.calls, Log: srv.log, Owner: owner,
	})
	return err
}

func (srv *server) periodic() (err error) {
	srv.jobs, err = job.New(job.Config{DB: srv.db, Log: srv.log, Periodic: []job.Periodic{
		job.Partitions(srv.db, srv.log),
		{Name: "identity.clean", Every: time.Hour, OnStart: true, Run: srv.identity.Clean},
		{Name: "content.clean", Every: time.Hour, OnStart: true, Run: srv.contents.Clean},
		{Name: "response.clean", Every: time.Hour, OnStart: true, Run: srv.responses.Clean},
		{Name: "limit.clean", Every: 24 * time.Hour, OnStart: true, Run: limit.Cleaner(srv.db)},
	}})
	return err
}

// routes mounts everything that answers.
func (srv *server) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	auth := srv.identity.Authenticator()
	contract := httpapi.New(mux, httpapi.Config{Auth: auth, Log: srv.log})
	httpapi.RegisterAccounts(contract, api.Accounts{Identity: srv.identity}, identity.Jar{})
	httpapi.RegisterPeople(contract, api.NewPeople(srv.identity, srv.trail))
	httpapi.RegisterConversations(contract, api.Conversations{Hub: srv.hub, Runs: srv.runs, Bus: srv.bus})
	httpapi.RegisterChat(contract, api.Chat{Runs: srv.runs}, api.Models{Fleet: srv.fleet, Contents: srv.contents}, api.Usage{DB: srv.db})
	operations := api.Operations{Calls: srv.calls, Contents: srv.contents}
	httpapi.RegisterOperations(contract, operations)
	httpapi.RegisterLogs(contract, operations)
	httpapi.RegisterContents(contract, api.Contents{Book: srv.contents})
	httpapi.RegisterCosts(contract, operations)
	httpapi.RegisterRefusals(contract, operations)
	trials, err := playground.New(playground.Config{Broker: srv.chats, Fleet: srv.fleet, Calls: srv.calls, Revocations: auth})
	if err != nil {
		return nil, err
	}
	httpapi.RegisterPlayground(contract, trials)
	providers := api.Providers{Fleet: srv.fleet, Broker: srv.broker}
	httpapi.RegisterProviders(contract, providers)
	httpapi.RegisterProviderKeys(contract, providers)
	httpapi.RegisterDeployments(contract, providers)
	httpapi.RegisterAliases(contract, providers)
	httpapi.RegisterPrices(contract, providers)
	httpapi.RegisterBudgets(contract, api.Budgets{Budgets: srv.budgets})
	httpapi.RegisterTeams(contract, api.Teams{DB: srv.db, Budgets: srv.budgets, Hint: srv.bus.HintTenant})
	routes, err := route.New(srv.broker, srv.fleet)
	if err != nil {
		return nil, err
	}
	httpapi.RegisterRoutes(contract, routes)
	httpapi.RegisterLimits(contract, api.Limits{DB: srv.db, Book: srv.rules, Limiter: srv.limiter, Sharing: srv.sharing})
	contract.DescribeStreams()
	describe(contract.OpenAPI())

	streams, err := stream.NewEndpoint(stream.EndpointConfig{
		Bus: srv.bus, Auth: auth, Tickets: auth, Revocations: auth, Past: srv.runs, Log: srv.log,
	})
	if err != nil {
		return nil, err
	}
	streams.Mount(mux)
	answered, err := cache.New(cache.Config{Next: srv.broker, Routes: srv.fleet})
	if err != nil {
		return nil, err
	}
	overheard := &content.Door{Next: answered, Book: srv.contents, Calls: srv.calls}
	surface, err := gateway.New(gateway.Config{Auth: auth, Revocations: auth, Broker: overheard, Fleet: srv.fleet, Calls: srv.calls, Policy: srv.contents, Responses: srv.responses, Log: srv.log})
	if err != nil {
		return nil, err
	}
	surface.Mount(mux)
	pages, err := console.New(frontend.Dist())
	if err != nil {
		return nil, err
	}
	pages.Mount(mux)
	mux.Handle("/api/sync/", srv.sync(auth))
	srv.edge.MountHealth(mux, srv.ready)
	figures, err := srv.metricsHandler()
	if err != nil {
		return nil, err
	}
	mux.Handle("GET /metrics", figures)
	return auth.Middleware(srv.edge.Wrap(mux)), nil
}

// notices tells people's clients what identity changed.
type notices struct{ bus *stream.Bus }

func (n notices) Notify(tenantID, topic, id string) {
	n.bus.HintTenant(tenantID, httpapi.Hint{Topic: topic, ID: id})
}

// background is what runs beside the listener, by name.
func (srv *server) background() map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"identity": srv.identity.Run, "limits": srv.limiter.Run, "limit rules": srv.rules.Run, "providers": srv.fleet.Run, "load": srv.gauges.Run, "calls": srv.calls.Run,
		"contents": srv.contents.Run, "memory": collectSeldom,
		"budgets": srv.budgets.Run,
		"sync":    srv.hub.Run, "jobs": srv.jobs.Run, "runs": srv.runs.Run, "audit": audit.NewExporter(srv.trail).Run,
	}
	if srv.engine != nil {
		all["engine"] = srv.engine.Run
		all["engine news"] = srv.tellOfEngine
	}
	return all
}

var errStopped = errors.New("a part of the server ended by itself")

// named says which part an error came from.
func named(name string, err error) error {
	if err == nil {
		err = errStopped
	}
	return fmt.Errorf("%s: %w", name, err)
}
